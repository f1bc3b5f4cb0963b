import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * Prints the bill of materials (CycloneDX) of the published package: itself, and what is installed with it. `npm sbom
 * --omit=dev` leaves out whatever the workshop uses besides, `pg` and `undici` among them, so that the whole is asked for
 * and what the package does not lead to is taken out here.
 */

interface Bill {
  components: { name: string; version: string; 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
}

const manifest = JSON.parse(
  readFileSync(new URL('../packages/evergrant/package.json', import.meta.url), 'utf8'),
) as Manifest;
const output = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', `--workspace=${manifest.name}`], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const bill = JSON.parse(output) as Bill;
const leadsTo = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
const own = Object.entries(manifest.dependencies).map(([name, version]) => `${name}@${version}`);
const root = `${manifest.name}@${manifest.version}`;
leadsTo.set(root, own);

const kept = new Set<string>();
const keep = (ref: string): void => {
  if (kept.has(ref)) return;
  kept.add(ref);
  for (const next of leadsTo.get(ref) ?? []) keep(next);
};
keep(root);

bill.components = bill.components.filter((component) => kept.has(component['bom-ref']));
bill.dependencies = [...leadsTo].filter(([ref]) => kept.has(ref)).map(([ref, dependsOn]) => ({ ref, dependsOn }));
const missing = own.filter((ref) => !bill.components.some((component) => component['bom-ref'] === ref));
if (missing.length > 0) throw new Error(`npm's bill of materials lacks ${missing.join(', ')}`);
console.log(JSON.stringify(bill, null, 2));
