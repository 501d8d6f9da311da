import { IConstruct } from 'constructs';
import { validateMatch } from '../../private/validation';

/** The variables that pods read from a ConfigMap. */
export class ServiceEnvironment {
  private readonly values: Record<string, string> = {};

  constructor(private readonly scope: IConstruct) {}

  public add(name: string, value: string): void {
    validateMatch(this.scope, {
      prop: 'name',
      value: name,
      pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
      problem: 'it is not the name of an environment variable',
      remedy: 'Use letters, digits and underscores, such as "DATABASE_HOST".',
    });
    this.values[name] = value;
  }

  /** By name, whatever the order in which they were added. */
  public get variables(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.values).sort().map(name => [name, this.values[name]]));
  }
}
