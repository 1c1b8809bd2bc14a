/**
 * Kubernetes manifests: read, and held against the schemas of Kubernetes and of the Prometheus operator.
 *
 * The API server ignores a field that it does not know, and so do these schemas; a misspelt one would silently do nothing.
 * So the manifest is watched while it is checked: what no schema ever asked for is unknown.
 */
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as apps from 'kubernetes-models/apps/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what is being tested
  readonly [field: string]: any;
}

export function manifestsIn(yaml: string): Manifest[] {
  return parseAllDocuments(yaml, { merge: true })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

interface ModelClass {
  readonly prototype: { validate(this: unknown): void };
}

const groups: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  v1: core,
  'apps/v1': apps,
  'policy/v1': policy,
  'networking.k8s.io/v1': networking,
  'monitoring.coreos.com/v1': monitoring,
};

/** What is wrong with it, one line each. */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const checked = withPlainBase64(manifest);
  const model = groups[apiVersion]?.[kind] as ModelClass | undefined;
  const place = `${kind}/${metadata.name}`;
  if (model === undefined) return [`${place}: there is no ${kind} in ${apiVersion}`];
  const asked = new Set<string>();
  try {
    // Not through an instance: its constructor would read every field to copy it.
    model.prototype.validate.call(watched(checked, '', asked));
  } catch (error) {
    return [`${place}: ${(error as Error).message}`];
  }
  return pathsOf(checked, '')
    .filter((path) => !asked.has(path))
    .map((path) => `${place}: ${path} is not known`);
}

/** Kustomize breaks long base64 into lines, which the API server takes and the schema does not. */
function withPlainBase64(manifest: Manifest): Manifest {
  const plain = (data: Record<string, string>) =>
    Object.fromEntries(Object.entries(data).map(([key, text]) => [key, text.replace(/\s/g, '')]));
  const { kind, data, binaryData } = manifest;
  return {
    ...manifest,
    ...(kind === 'Secret' && { data: plain(data) }),
    ...(binaryData !== undefined && { binaryData: plain(binaryData) }),
  };
}

/** The same value; every field that somebody reads is put into `asked`. */
function watched(value: unknown, path: string, asked: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const inner: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return inner;
      asked.add(`${path}/${key}`);
      return watched(inner, `${path}/${key}`, asked);
    },
  });
}

function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}/${key}`,
    ...pathsOf(inner, `${path}/${key}`),
  ]);
}
