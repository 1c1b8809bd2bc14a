/**
 * As much of kustomize as `deploy/` uses, so that the overlays are proved where no kubectl is: resources, namespace, labels,
 * generated ConfigMaps and Secrets, images, replicas, JSON patches. Anything else in a kustomization is an error here, so
 * nothing is left out silently; where kubectl is, a test holds both to the same manifests.
 *
 * What is generated ends in a hash of its content, as kustomize has it; the hash is another one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Manifest, manifestsIn } from './manifests.ts';

const generatorSchema = z.array(
  z.strictObject({ name: z.string(), files: z.array(z.string()).min(1) }),
);

const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
  labels: z.array(z.strictObject({ pairs: z.record(z.string(), z.string()) })).default([]),
  configMapGenerator: generatorSchema.default([]),
  secretGenerator: generatorSchema.default([]),
  generatorOptions: z
    .strictObject({
      disableNameSuffixHash: z.boolean().default(false),
      labels: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.coerce.string() }))
    .default([]),
  replicas: z
    .array(z.strictObject({ name: z.string(), count: z.number().int().positive() }))
    .default([]),
  patches: z
    .array(
      z.strictObject({
        target: z.strictObject({ kind: z.string(), name: z.string() }),
        patch: z.string(),
      }),
    )
    .default([]),
});

type Kustomization = z.output<typeof kustomizationSchema>;

const patchSchema = z.array(
  z.strictObject({ op: z.literal('replace'), path: z.string(), value: z.unknown() }),
);

/** The manifests of a folder with a `kustomization.yaml`. Throws if it says something that is not known here. */
export function kustomize(folder: string): Manifest[] {
  const { manifests, renamed } = built(folder);
  return manifests.map((manifest) => withReferences(manifest, renamed));
}

interface Built {
  readonly manifests: readonly Manifest[];
  /** From `ConfigMap/name` to the name with its hash. */
  readonly renamed: ReadonlyMap<string, string>;
}

function built(folder: string): Built {
  const text = readFileSync(join(folder, 'kustomization.yaml'), 'utf8');
  const kustomization = kustomizationSchema.parse(parse(text));
  const parts = kustomization.resources.map((path) => resource(join(folder, path)));
  const generated = [
    ...kustomization.configMapGenerator.map(({ name, files }) => ({
      kind: 'ConfigMap',
      name,
      content: configMapContent(folder, files),
    })),
    ...kustomization.secretGenerator.map(({ name, files }) => ({
      kind: 'Secret',
      name,
      content: { type: 'Opaque', data: Object.fromEntries(filesIn(folder, files, base64)) },
    })),
  ].map((one) => ({ ...one, fullName: fullNameOf(one.name, one.content, kustomization) }));
  const made = generated.map(({ kind, fullName, content }) =>
    generatedManifest(kind, fullName, content, kustomization),
  );
  const all = [...parts.flatMap(({ manifests }) => manifests), ...made];
  return {
    manifests: all.map((manifest) => transformed(manifest, kustomization)),
    renamed: new Map([
      ...parts.flatMap(({ renamed }) => [...renamed]),
      ...generated.map(({ kind, name, fullName }) => [`${kind}/${name}`, fullName] as const),
    ]),
  };
}

function resource(path: string): Built {
  if (!existsSync(path)) throw new Error(`There is no ${path}.`);
  if (statSync(path).isDirectory()) return built(path);
  return { manifests: manifestsIn(readFileSync(path, 'utf8')), renamed: new Map() };
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

function filesIn<T>(folder: string, files: readonly string[], read: (bytes: Buffer) => T) {
  return files.map((file) => [basename(file), read(readFileSync(join(folder, file)))] as const);
}

/** Text under `data`, other bytes under `binaryData`. */
function configMapContent(folder: string, files: readonly string[]) {
  const all = filesIn(folder, files, (bytes) => bytes);
  const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes);
  const texts = all.filter(([, bytes]) => isText(bytes));
  const others = all.filter(([, bytes]) => !isText(bytes));
  return {
    ...(texts.length > 0 && {
      data: Object.fromEntries(texts.map(([name, bytes]) => [name, bytes.toString('utf8')])),
    }),
    ...(others.length > 0 && {
      binaryData: Object.fromEntries(others.map(([name, bytes]) => [name, base64(bytes)])),
    }),
  };
}

const HASH_LENGTH = 10;

function fullNameOf(name: string, content: object, { generatorOptions }: Kustomization): string {
  if (generatorOptions.disableNameSuffixHash) return name;
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${name}-${hash.slice(0, HASH_LENGTH)}`;
}

function generatedManifest(
  kind: string,
  name: string,
  content: object,
  { generatorOptions: { labels } }: Kustomization,
): Manifest {
  const isLabelled = Object.keys(labels).length > 0;
  return { apiVersion: 'v1', kind, metadata: { name, ...(isLabelled && { labels }) }, ...content };
}

function transformed(manifest: Manifest, kustomization: Kustomization): Manifest {
  const changed = structuredClone(manifest);
  const { namespace, labels, images, replicas, patches } = kustomization;
  const { kind } = changed;
  Object.assign(changed.metadata, {
    ...(labels.length > 0 && {
      labels: Object.assign({ ...changed.metadata.labels }, ...labels.map(({ pairs }) => pairs)),
    }),
    ...(namespace !== undefined && kind !== 'Namespace' && { namespace }),
  });
  for (const container of changed.spec?.template?.spec?.containers ?? []) {
    const image = images.find(({ name }) => container.image.split(':')[0] === name);
    if (image !== undefined) container.image = `${image.newName}:${image.newTag}`;
  }
  const scaled = replicas.find(
    ({ name }) => kind === 'StatefulSet' && name === manifest.metadata.name,
  );
  if (scaled !== undefined) changed.spec.replicas = scaled.count;
  const own = patches.filter(
    ({ target }) => target.kind === kind && target.name === manifest.metadata.name,
  );
  for (const { patch } of own) applyPatch(changed, patch);
  return changed;
}

/** RFC 6902, only `replace`: what it names must be there. */
function applyPatch(manifest: Manifest, patch: string): void {
  for (const { path, value } of patchSchema.parse(parse(patch))) {
    const steps = path.split('/').slice(1);
    const last = steps.pop() ?? '';
    let place: unknown = manifest;
    for (const step of steps) place = (place as Record<string, unknown> | undefined)?.[step];
    if (typeof place !== 'object' || place === null || !(last in place)) {
      throw new Error(`${manifest.kind}/${manifest.metadata.name} has no ${path} to replace.`);
    }
    (place as Record<string, unknown>)[last] = value;
  }
}

/** Volumes name what was generated by its full name. */
function withReferences(manifest: Manifest, renamed: ReadonlyMap<string, string>): Manifest {
  const volumes = manifest.spec?.template?.spec?.volumes ?? [];
  const sources = volumes.flatMap((volume: { projected?: { sources: object[] } }) => [
    ...(volume.projected?.sources ?? [volume]),
  ]);
  for (const { configMap, secret } of sources) {
    if (configMap) configMap.name = renamed.get(`ConfigMap/${configMap.name}`) ?? configMap.name;
    if (secret) {
      secret.secretName = renamed.get(`Secret/${secret.secretName}`) ?? secret.secretName;
    }
  }
  return manifest;
}
