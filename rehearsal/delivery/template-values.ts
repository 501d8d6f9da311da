/** What the values of a template are, where nothing is deployed: names are made up in the form that AWS gives them. */
import type { AssemblyStack } from '../assembly';

/** Stands for a value that only a deployment knows; one that a build needs has to be given. */
export const ONLY_DEPLOYED = '(known to a deployment only)';

export class TemplateValues {
  constructor(private readonly stack: AssemblyStack) {}

  text(value: unknown): string {
    const resolved = this.of(value);
    return typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
  }

  of(value: unknown): unknown {
    if (Array.isArray(value)) { return value.map(item => this.of(item)); }
    if (typeof value !== 'object' || value === null) { return value; }
    const [[name, argument] = [], second] = Object.entries(value) as [string, unknown][];
    if (name !== undefined && second === undefined && (name === 'Ref' || name.startsWith('Fn::'))) { return this.call(name, argument); }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.of(inner)]));
  }

  /** The name of a resource, which is its logical id in small letters. */
  nameOf(logicalId: string): string {
    const { Properties = {} } = this.stack.template.Resources?.[logicalId] ?? {};
    const own = ['RepositoryName', 'BucketName', 'Name', 'RoleName'].map(property => Properties[property]).find(name => typeof name === 'string');
    return own as string | undefined ?? logicalId.toLowerCase();
  }

  private call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref': return this.reference(argument as string);
      case 'Fn::GetAtt': return this.attribute(argument as [string, string]);
      case 'Fn::Join': return this.join(argument as [string, unknown]);
      case 'Fn::Select': {
        const [index, list] = argument as [string, unknown];
        const items = this.of(list);
        return Array.isArray(items) ? items[Number(index)] : ONLY_DEPLOYED;
      }
      case 'Fn::Split': {
        const [separator, text] = argument as [string, unknown];
        return this.text(text).split(separator);
      }
      default: return ONLY_DEPLOYED;
    }
  }

  private join([separator, parts]: [string, unknown]): string {
    const items = this.of(parts);
    return Array.isArray(items) ? items.map(item => typeof item === 'string' ? item : JSON.stringify(item)).join(separator) : ONLY_DEPLOYED;
  }

  private reference(name: string): unknown {
    switch (name) {
      case 'AWS::AccountId': return this.stack.account;
      case 'AWS::Region': return this.stack.region;
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return this.stack.stackName;
      default: return this.nameOf(name);
    }
  }

  private attribute([logicalId, attribute]: [string, string]): string {
    const { account, region, template } = this.stack;
    const type = template.Resources?.[logicalId]?.Type;
    const name = this.nameOf(logicalId);
    if (type === 'AWS::ECR::Repository') {
      return attribute === 'RepositoryUri' ? `${account}.dkr.ecr.${region}.amazonaws.com/${name}` : `arn:aws:ecr:${region}:${account}:repository/${name}`;
    }
    if (type === 'AWS::CodeBuild::ReportGroup') { return `arn:aws:codebuild:${region}:${account}:report-group/${name}`; }
    return attribute === 'Arn' ? `arn:aws:local:${region}:${account}:${name}` : ONLY_DEPLOYED;
  }
}
