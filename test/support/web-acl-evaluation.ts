import { BlockList, isIPv6 } from 'node:net';
import * as table from '../../src/site/firewall/managed-rule-groups.json';

/** A part of a web ACL, as it stands in the template. */
type Part = Record<string, any>;

/** One request at the edge. */
export interface WebRequest {
  /** @default '/' */
  readonly path?: string;
  /** @default 'GET' */
  readonly method?: string;
  /** @default '198.51.100.7' */
  readonly address?: string;
  /** Names in lower case. @default - none */
  readonly headers?: Record<string, string>;
  /** Rules of managed groups that match the request, by group: what AWS alone can tell. @default - none */
  readonly matched?: Record<string, string[]>;
  /** Seconds on the evaluator's clock. @default 0 */
  readonly at?: number;
}

/** What the web ACL decided, and why. */
export interface Verdict {
  readonly action: 'Allow' | 'Block' | 'Challenge';
  /** The rule that ended the evaluation. @default - the default action */
  readonly rule?: string;
  /** The status that a client reads. @default - none, or the resource's own */
  readonly status?: number;
  /** Rules that counted the request, those of groups as `group/rule`. */
  readonly counted: string[];
}

/** Labels of managed rules that the documents under test match on. The published list has more. */
const LABELS: Record<string, string> = { SizeRestrictions_BODY: 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body' };

/** What a managed rule does unless it is overridden; one that is not in the table blocks. */
const MANAGED_ACTIONS: Record<string, string> = Object.assign({}, ...Object.values(table.groups).map(({ rules }) => rules));

/**
 * Evaluates a synthesized web ACL as far as its rules are written in the rule language of WAF. A statement, a transformation or
 * an action that it does not know fails the test. Rate-based rules count exactly, which WAF does only approximately.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html
 */
export class WebAclEvaluation {
  private readonly seen = new Map<string, number[]>();

  /**
   * @param webAcl properties of `AWS::WAFv2::WebACL`
   * @param ipSets addresses of the sets, by their logical ids
   */
  constructor(private readonly webAcl: Part, private readonly ipSets: Record<string, string[]> = {}) {}

  public decide(request: WebRequest): Verdict {
    const labels: string[] = [];
    const counted: string[] = [];
    for (const rule of [...this.webAcl.Rules as Part[]].sort((a, b) => a.Priority - b.Priority)) {
      const verdict = rule.Statement.ManagedRuleGroupStatement
        ? this.decideGroup(rule, request, labels, counted)
        : this.decideRule(rule, request, labels, counted);
      if (verdict) { return { ...verdict, rule: rule.Name, counted }; }
    }
    return { action: only(this.webAcl.DefaultAction) as Verdict['action'], counted };
  }

  private decideRule(rule: Part, request: WebRequest, labels: string[], counted: string[]): Pick<Verdict, 'action' | 'status'> | undefined {
    if (!this.matches(rule.Statement, request, labels, rule.Name)) { return undefined; }
    const action = only(rule.Action);
    if (action === 'Count') { counted.push(rule.Name); return undefined; }
    if (action !== 'Block' && action !== 'Allow') { throw new Error(`no evaluation of the action ${action}`); }
    return { action, status: rule.Action.Block?.CustomResponse?.ResponseCode };
  }

  private decideGroup(rule: Part, request: WebRequest, labels: string[], counted: string[]): Pick<Verdict, 'action'> | undefined {
    const { Name, ScopeDownStatement, RuleActionOverrides = [] } = rule.Statement.ManagedRuleGroupStatement;
    if (ScopeDownStatement && !this.matches(ScopeDownStatement, request, labels, rule.Name)) { return undefined; }
    for (const matched of request.matched?.[Name] ?? []) {
      if (LABELS[matched]) { labels.push(LABELS[matched]); }
      const override = (RuleActionOverrides as Part[]).find(({ Name: name }) => name === matched);
      const action = override ? only(override.ActionToUse) : MANAGED_ACTIONS[matched] ?? 'Block';
      if (action === 'Count') { counted.push(`${Name}/${matched}`); continue; }
      // the group ends here; what becomes of its verdict is the web ACL's decision
      if (rule.OverrideAction.Count) { counted.push(rule.Name); return undefined; }
      return { action: action as Verdict['action'] };
    }
    return undefined;
  }

  private matches(statement: Part, request: WebRequest, labels: string[], rule: string): boolean {
    const kind = only(statement);
    const part = statement[kind] as Part;
    switch (kind) {
      case 'AndStatement': return part.Statements.every((inner: Part) => this.matches(inner, request, labels, rule));
      case 'OrStatement': return part.Statements.some((inner: Part) => this.matches(inner, request, labels, rule));
      case 'NotStatement': return !this.matches(part.Statement, request, labels, rule);
      case 'LabelMatchStatement': return labels.includes(part.Key);
      case 'ByteMatchStatement': return byteMatches(part, transformed(part, request));
      case 'RegexMatchStatement': return new RegExp(part.RegexString, 's').test(transformed(part, request));
      case 'IPSetReferenceStatement': return this.isInSet(part, request);
      case 'RateBasedStatement': return this.isOverLimit(part, request, labels, rule);
      default: throw new Error(`no evaluation of ${kind}`);
    }
  }

  private isInSet({ Arn, IPSetForwardedIPConfig: forwarded }: Part, request: WebRequest): boolean {
    const ranges = this.ipSets[Arn['Fn::GetAtt'][0]];
    const address = forwarded ? lastForwarded(forwarded, request) : addressOf(request);
    return address !== undefined && ranges.some(range => {
      const list = new BlockList();
      const [network, prefix] = range.split('/');
      list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
      return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    });
  }

  private isOverLimit(part: Part, request: WebRequest, labels: string[], rule: string): boolean {
    const { Limit, EvaluationWindowSec, AggregateKeyType, ScopeDownStatement } = part;
    if (AggregateKeyType !== 'IP') { throw new Error(`no evaluation of the key ${AggregateKeyType}`); }
    if (ScopeDownStatement && !this.matches(ScopeDownStatement, request, labels, rule)) { return false; }
    const key = `${rule} ${addressOf(request)}`;
    const now = request.at ?? 0;
    const recent = [...this.seen.get(key) ?? [], now].filter(time => time > now - EvaluationWindowSec);
    this.seen.set(key, recent);
    return recent.length > Limit;
  }
}

function addressOf({ address = '198.51.100.7' }: WebRequest): string {
  return address;
}

function lastForwarded({ HeaderName, Position }: Part, { headers = {} }: WebRequest): string | undefined {
  if (Position !== 'LAST') { throw new Error(`no evaluation of the position ${Position}`); }
  return headers[HeaderName.toLowerCase()]?.split(',').pop()?.trim();
}

function byteMatches({ SearchString, PositionalConstraint }: Part, text: string): boolean {
  switch (PositionalConstraint) {
    case 'EXACTLY': return text === SearchString;
    case 'STARTS_WITH': return text.startsWith(SearchString);
    default: throw new Error(`no evaluation of ${PositionalConstraint}`);
  }
}

function transformed({ FieldToMatch, TextTransformations }: Part, request: WebRequest): string {
  return [...TextTransformations as Part[]].sort((a, b) => a.Priority - b.Priority)
    .reduce((text, { Type }) => transform(Type, text), field(only(FieldToMatch), request));
}

function field(name: string, { path = '/', method = 'GET' }: WebRequest): string {
  switch (name) {
    case 'UriPath': return path;
    case 'Method': return method;
    default: throw new Error(`no evaluation of the field ${name}`);
  }
}

function transform(type: string, text: string): string {
  switch (type) {
    case 'NONE': return text;
    case 'LOWERCASE': return text.replace(/[A-Z]/g, letter => letter.toLowerCase());
    // what is no encoding stays
    case 'URL_DECODE': return text.replace(/\+/g, ' ').replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    case 'NORMALIZE_PATH': return normalizedPath(text);
    case 'NORMALIZE_PATH_WIN': return normalizedPath(text.replace(/\\/g, '/'));
    default: throw new Error(`no evaluation of the transformation ${type}`);
  }
}

/** Without repeated slashes, references to the folder itself, and references to the one above it that have a folder to take back. */
function normalizedPath(path: string): string {
  const kept: string[] = [];
  const parts = path.split('/');
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === '' && index > 0 && !last) { return; }
    if (part === '.') { if (last) { kept.push(''); } return; }
    const folder = kept[kept.length - 1];
    if (part === '..' && kept.length > 0 && folder !== '' && folder !== '..') {
      kept.pop();
      if (last) { kept.push(''); }
      return;
    }
    kept.push(part);
  });
  return kept.join('/');
}

/** The only key of an object that is a choice. */
function only(choice: Part): string {
  const keys = Object.keys(choice);
  if (keys.length !== 1) { throw new Error(`expected one choice: ${JSON.stringify(choice).slice(0, 200)}`); }
  return keys[0];
}
