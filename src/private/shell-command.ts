/** A command as a POSIX shell takes it. */
export function shellCommand(command: string[]): string {
  return command.map(quote).join(' ');
}

function quote(argument: string): string {
  // what stands in angle brackets is for a person to fill in
  if (/^([\w@%+=:,./-]|<[a-z-]+>)+$/.test(argument)) { return argument; }
  return argument.includes('\'') && !/["$`\\!]/.test(argument) ? `"${argument}"` : `'${argument.replace(/'/g, '\'\\\'\'')}'`;
}
