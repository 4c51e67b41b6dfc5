// How long it takes that another data key, or index key, takes over from the one in force, and what it
// costs those who ask meanwhile: asks at a fixed rate alone, then beside the rotation, then alone again.
//   tests/e2e/rotation [--key data|index] [--persons N] [--rate N] [--seconds N]
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { Askers } from '../fault/import.mjs';
import { isDone, kept, settle } from '../fault/rotation.mjs';
import { sleep, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { cpuSeconds } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';

const ROTATE_MS_MAX = 6 * 3_600_000;

export async function measured(name, { persons, rate, seconds, key = 'data', tell = () => {} }) {
    const demo = await demonstration(name, { persons });
    const before = kept(demo);
    const server = await serve(demo);
    const beside = async (what) => {
        const askers = new Askers(server, demo, rate);
        await what();
        const found = await askers.end();
        tell(JSON.stringify(found));
        return found;
    };
    const alone = () => sleep(seconds * 1000);
    const first = await beside(alone);
    const loader = async () => cpuSeconds((await server.process('loader')).pid);
    const begun = Date.now();
    let cpu;
    const during = await beside(async () => {
        const how = await demo.dancu(['key', 'rotate', key]);
        assert.equal(how.status, 0, how.stderr);
        await until('all lies under the new key', () => isDone(demo, key),
            { timeoutMs: ROTATE_MS_MAX, everyMs: 500 });
        cpu = await loader();
    });
    const took = (Date.now() - begun) / 1000;
    const last = await beside(alone);
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const versions = await settle(demo, before, { key });
    demo.remove();
    return { key, persons, versions, rotation_s: took, persons_a_second: Math.round(persons / took),
        loader_cpu_s: cpu, asks_a_second: rate, before: first, during, after: last };
}

if (process.argv[1]?.endsWith('e2e/rotation.mjs')) {
    const { values } = parseArgs({ options: {
        persons: { type: 'string', default: '100000' }, rate: { type: 'string', default: '200' },
        seconds: { type: 'string', default: '30' }, key: { type: 'string', default: 'data' },
    } });
    const found = await measured('rotation', {
        persons: Number(values.persons), rate: Number(values.rate),
        seconds: Number(values.seconds), key: values.key,
        tell: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
