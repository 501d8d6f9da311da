import { IConstruct } from 'constructs';
import { NodePurchase, NodeTaint, TaintEffect } from './node-pool-options';
import { isDeployTime, reject, validateMatch } from '../../private/validation';

/** A name, alone or after a domain and a slash. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const KEY = /^(?:(?<domain>[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
/** Kubernetes lets no node name itself in these domains, and Karpenter sets its own. */
const RESERVED = /(?:^|\.)(?:kubernetes\.io|k8s\.io|karpenter\.sh|karpenter\.k8s\.aws|eks\.amazonaws\.com)$/;

export function validatePoolName(scope: IConstruct, prop: string, name: string): void {
  const remedy = 'Give a name such as "batch" as a literal string.';
  if (isDeployTime(name)) {
    reject(scope, { prop, value: 'a deploy-time value', problem: 'the names of node pools are compared at synthesis', remedy });
  }
  validateMatch(scope, {
    prop, value: name, pattern: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    problem: 'a node pool\'s name starts with a lower-case letter and has at most 63 lower-case letters, digits and hyphens', remedy,
  });
}

export function validateLabels(scope: IConstruct, prop: string, labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels)) {
    validateKey(scope, prop, key);
    validateValue(scope, `${prop}["${key}"]`, value);
  }
}

export function validateTaints(scope: IConstruct, prop: string, taints: NodeTaint[]): void {
  taints.forEach(({ key, value, effect }, index) => {
    validateKey(scope, `${prop}[${index}].key`, key);
    validateValue(scope, `${prop}[${index}].value`, value ?? '');
    if (effect !== undefined && !Object.values(TaintEffect).includes(effect)) {
      reject(scope, {
        prop: `${prop}[${index}].effect`, value: effect, problem: 'there is no such effect', remedy: `Choose from ${Object.values(TaintEffect).join(', ')}.`,
      });
    }
  });
  const kinds = taints.map(({ key, effect = TaintEffect.NO_SCHEDULE }) => `${key}:${effect}`);
  const same = kinds.findIndex((kind, index) => kinds.indexOf(kind) < index);
  if (same >= 0) {
    reject(scope, {
      prop: `${prop}[${same}]`, value: taints[same].key, problem: 'another taint has this key and effect', remedy: 'Keep one of them.',
    });
  }
}

export function validatePurchases(scope: IConstruct, prop: string, purchases: NodePurchase[]): void {
  const known = Object.values(NodePurchase);
  if (purchases.length > 0 && new Set(purchases).size === purchases.length && purchases.every(purchase => known.includes(purchase))) { return; }
  reject(scope, {
    prop, value: purchases, problem: 'a pool buys its nodes in one or two different ways', remedy: `Choose from ${known.join(', ')}, each at most once.`,
  });
}

function validateKey(scope: IConstruct, prop: string, key: string): void {
  const match = KEY.exec(key);
  if (isDeployTime(key) || !match) {
    reject(scope, {
      prop, value: isDeployTime(key) ? 'a deploy-time value' : key,
      problem: 'a key is a name of at most 63 letters, digits, "-", "_" and ".", alone or after a domain and a slash', remedy: 'Give a key such as "example.com/team".',
    });
  }
  if (RESERVED.test(match.groups?.domain ?? '')) {
    reject(scope, { prop, value: key, problem: 'that domain belongs to Kubernetes or to what launches the nodes', remedy: 'Give a key of your own domain, such as "example.com/team".' });
  }
}

function validateValue(scope: IConstruct, prop: string, value: string): void {
  if (!isDeployTime(value) && VALUE.test(value)) { return; }
  reject(scope, {
    prop, value: isDeployTime(value) ? 'a deploy-time value' : value,
    problem: 'a value has at most 63 letters, digits, "-", "_" and ".", and begins and ends with a letter or digit', remedy: 'Give a value such as "batch".',
  });
}
