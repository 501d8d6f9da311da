const PIN = /uses: (\S+)@[0-9a-f]{40} # v(\d+(?:\.\d+)*)$/gm;

/** The new text of a workflow with those pins of the present one that are newer: Dependabot has been there. */
export function keepNewerPins(present: string, content: string): string {
  const presentPins = new Map([...present.matchAll(PIN)].map(([pin, name, version]) => [name, { pin, version }]));
  return content.replace(PIN, (pin: string, name: string, version: string) => {
    const other = presentPins.get(name);
    return other && isNewer(other.version, version) ? other.pin : pin;
  });
}

function isNewer(one: string, other: string): boolean {
  return one.localeCompare(other, 'en', { numeric: true }) > 0;
}
