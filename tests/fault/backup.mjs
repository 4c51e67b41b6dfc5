// Backups that are killed at any moment, beside a server that is asked and into which people come;
// what each generation restores to, judged by readers that share no code with the server.
//   tests/fault/backup --kills N --persons N --seed N
//   tests/fault/backup --cost --rate ASKS_A_SECOND --seconds OF_THE_RUN_WITHOUT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
    backup, backupFolder, dumpTables, restore, withHome,
} from '../e2e/lib/backup.mjs';
import { binary, sleep } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { dumpRegistry } from '../e2e/lib/registry.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';
import { Askers, peopleFile, startImport } from './import.mjs';

// A number from a seed: xorshift, so that a run can be had again.
function randomOf(seed) {
    let state = (seed >>> 0) || 1;
    return () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state / 2 ** 32;
    };
}

// One that is killed after so many milliseconds, unless it was quicker.
async function killedAfter(demo, target, ms) {
    const child = spawn(binary, ['backup', '--to', target, '--rate', '0'], {
        env: { ...process.env, DANCU_HOME: demo.home, DANCU_KEYS: demo.keys },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    const [status, signal] = await closed;
    clearTimeout(timer);
    assert.ok(signal === 'SIGKILL' || status === 0, `status ${status}`);
    return signal === 'SIGKILL';
}

// A generation as a home: its registry and its log tell the same, and the log is whole.
export async function judge(demo, target, generation) {
    const home = path.join(demo.dir, `judged-${generation}`);
    const made = await restore(demo, target, home, '--generation', String(generation));
    assert.equal(made.status, 0, made.stderr);
    const restored = withHome(demo, home);
    const server = await serve(restored); // its start replays all, and derives the public files
    await server.stop();
    const verified = await restored.dancu(['ledger', 'verify'], { timeoutMs: 300_000 });
    assert.equal(verified.status, 0, verified.stderr);
    const ledger = path.join(home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    const acts = entries.filter((entry) => JSON.parse(entry).outcome === 'import.chunk').length;
    const dump = dumpRegistry(restored);
    assert.ok(dump.pending <= 1, `${dump.pending} chunks wait`);
    assert.equal(acts, dump.counts.chunks - dump.pending, 'one act for each chunk');
    assert.equal(dumpTables(home, 'office.db').whole, 'ok');
    assert.equal(dumpTables(home, 'registry.db').whole, 'ok');
    rmSync(home, { recursive: true });
    return { size, entries, persons: dump.counts.persons };
}

export async function killRounds(name, { kills, persons, seed, of = {}, rate = 50,
    tell = () => {} }) {
    const random = randomOf(seed);
    const demo = await demonstration(name, of);
    const target = backupFolder(demo);
    const server = await serve(demo);
    const figures = { kills: 0, finished: 0, generations: 0, tookMs: 0 };
    const begun = Date.now();
    assert.equal((await backup(demo, target, '--rate', '0')).status, 0);
    const wholeMs = Date.now() - begun;
    const askers = new Askers(server, demo, rate);
    const file = await peopleFile(persons, seed);
    const importing = startImport(demo, [file, '--rejects', path.join(demo.dir, 'rejects.tsv')]);
    for (let round = 0; round < kills; round++) {
        const killed = await killedAfter(demo, target, 20 + random() * 1.2 * wholeMs);
        figures[killed ? 'kills' : 'finished']++;
        const looked = await demo.dancu(['backup', 'verify', target, '--json'],
            { timeoutMs: 300_000 });
        assert.equal(looked.status, 0, looked.stderr);
        const { generations } = JSON.parse(looked.stdout);
        tell(`${round + 1}: ${killed ? 'killed' : 'finished'}, ${generations} generations`);
    }
    const last = await backup(demo, target, '--rate', '0');
    assert.equal(last.status, 0, last.stderr);
    figures.asked = await askers.end();
    await importing.ended;
    await sleep(100);
    await server.stop();
    const numbers = readdirSync(path.join(target, 'generations')).filter((one) => one !== 'new');
    figures.generations = numbers.length;
    for (const generation of numbers) {
        const { size, persons: found } = await judge(demo, target, Number(generation));
        tell(`generation ${generation}: ${size} entries, ${found} persons`);
    }
    figures.tookMs = Date.now() - begun;
    demo.remove();
    return figures;
}

// What a whole backup and the next one cost those who ask: percentiles without one and beside it.
export async function measured(name, { rate, seconds }) {
    const demo = await demonstration(name);
    const target = backupFolder(demo);
    const server = await serve(demo);
    const alone = new Askers(server, demo, rate);
    await sleep(seconds * 1000);
    const without = await alone.end();
    const runs = {};
    for (const run of ['whole', 'next']) {
        const beside = new Askers(server, demo, rate);
        const begun = Date.now();
        const { status, stdout, stderr } = await demo.dancu(['backup', '--to', target, '--json'],
            { timeoutMs: 600_000 });
        const tookMs = Date.now() - begun;
        assert.equal(status, 0, stderr);
        const { bytes, bytes_new: bytesNew } = JSON.parse(stdout);
        runs[run] = { tookMs, bytes, bytesNew, ...await beside.end() };
    }
    await server.stop();
    demo.remove();
    return { without, ...runs };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
    const { values } = parseArgs({ options: {
        kills: { type: 'string', default: '100' }, persons: { type: 'string', default: '100000' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
        cost: { type: 'boolean' }, rate: { type: 'string', default: '200' },
        seconds: { type: 'string', default: '20' },
    } });
    if (values.cost) {
        console.log(JSON.stringify(await measured('backup-cost', { rate: Number(values.rate),
            seconds: Number(values.seconds) }), null, 1));
        process.exit(0);
    }
    console.error(`seed ${values.seed}`);
    const figures = await killRounds('backup-kills', { kills: Number(values.kills),
        persons: Number(values.persons), seed: Number(values.seed),
        tell: (line) => console.error(line) });
    console.log(JSON.stringify(figures));
}
