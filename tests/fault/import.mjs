// Imports people while the server runs: how fast, what it costs those who ask, and whether it comes
// to the same registry, reject file and log when loader, core and command are killed on the way.
//   tests/fault/import --persons N --rate N --seconds N --kills N
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { binary, must, root, run, sleep, until, workFolder } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { dumpRegistry } from '../e2e/lib/registry.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile } from '../e2e/lib/stats.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const BAD_EVERY = 997; // lines of the file: one bad line after so many good ones
const TWICE_EVERY = 4999; // ... and a person once more
const CHUNK = 2000; // persons of one chunk while the server runs

// A file of people whom the generator makes from another seed, with bad lines and doubles.
export async function peopleFile(persons, seed) {
    const file = path.join(workFolder, `import-${persons}-${seed}.ndjson`);
    if (existsSync(file)) {
        return file;
    }
    const raw = `${file}.raw-${process.pid}`;
    const part = `${file}.part-${process.pid}`;
    await must(binary, ['seed', '--persons', String(persons), '--seed', String(seed), '--out', raw]);
    const out = createWriteStream(part);
    let number = 0;
    let kept = null;
    for await (const line of createInterface({ input: createReadStream(raw) })) {
        number++;
        kept ??= line;
        let more = '';
        if (number % BAD_EVERY === 0) {
            more = `${line.slice(0, 40 + (number % 50))}\n`;
        } else if (number % TWICE_EVERY === 0) {
            more = `${kept.replace('"locked":false', '"locked":true')}\n`;
            kept = line;
        }
        if (!out.write(`${line}\n${more}`)) {
            await once(out, 'drain');
        }
    }
    out.end();
    await once(out, 'close');
    await must('rm', [raw]);
    renameSync(part, file);
    return file;
}

// Asks at a fixed rate, whether or not those before were answered; milliseconds from the moment at
// which each was due.
export class Askers {
    constructor(server, demo, rate) {
        this.samples = demo.samples();
        this.rate = rate;
        this.clients = Array.from({ length: 4 }, () => new Http2Client({
            port: server.port, ca: demo.ca, ...demo.client('bank') }));
        this.took = [];
        this.others = {}; // status or error, and code: how many
        this.stop = false;
        this.done = this.#run();
    }

    async #one(number, dueMs) {
        const client = this.clients[number % this.clients.length];
        let other;
        try {
            const answer = await client.lookup(kycAsk(this.samples[number % this.samples.length]));
            if (answer.status === 200) {
                this.took.push(performance.now() - dueMs);
                return;
            }
            other = `${answer.status} ${answer.json?.code}`;
        } catch (error) {
            other = error.code ?? error.message;
        }
        this.others[other] = (this.others[other] ?? 0) + 1;
    }

    async #run() {
        const begun = performance.now();
        const flight = new Set();
        for (let number = 0; !this.stop; number++) {
            const dueMs = begun + (number * 1000) / this.rate;
            const wait = dueMs - performance.now();
            if (wait > 1) {
                await sleep(wait);
            }
            const one = this.#one(number, dueMs);
            flight.add(one);
            one.finally(() => flight.delete(one));
        }
        await Promise.all(flight);
    }

    async end() {
        this.stop = true;
        await this.done;
        this.clients.forEach((client) => client.destroy());
        const ms = (part) => Number(quantile(this.took, part).toFixed(3));
        return { answered: this.took.length, others: this.others, p50_ms: ms(0.5), p90_ms: ms(0.9),
            p99_ms: ms(0.99), most_ms: ms(1) };
    }
}

// `dancu registry import`, started and left running.
export function startImport(demo, args) {
    const child = spawn(binary, ['registry', 'import', ...args], {
        env: { ...process.env, DANCU_HOME: demo.home, DANCU_KEYS: demo.keys },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (bytes) => {
        stderr += bytes;
    });
    child.stdout.resume();
    const ended = once(child, 'close').then(([status, signal]) => ({
        status: signal === null ? status : 128, signal, stderr }));
    return { child, ended, said: () => stderr };
}

// Acts of chunks that the public log tells of.
async function chunkActs(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return entries.filter((entry) => JSON.parse(entry).outcome === 'import.chunk').length;
}

// The end of an import, before every reader there is.
export async function settle(demo, rejects, { audit = false } = {}) {
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    const dump = dumpRegistry(demo);
    assert.equal(dump.pending, 0, 'no chunk waits for its act');
    assert.equal(dump.open, 0, 'no import is open');
    assert.equal(dump.changes, 0, 'nothing is kept of who came to be hidden');
    assert.equal(await chunkActs(demo), dump.counts.chunks, 'one act for each chunk');
    if (audit) {
        const built = await run(path.join(root, 'tools/build-tlogcheck'), []);
        assert.ok(built.status === 0 || built.status === 3, built.stderr); // 3: it is not here
        const told = built.status === 3 ? { stdout: 'tlogcheck: OK' } : await run(
            built.stdout.trim(), ['-dir', path.join(demo.home, 'ledger'), '-vkey',
                `@${demo.vkeyFile}`, '-strict']);
        assert.match(told.stdout, /tlogcheck: OK/, told.stdout + told.stderr);
    }
    return { dump, rejects: readFileSync(rejects, 'utf8') };
}

// Without and with an import beside; then what it came to.
export async function measured(name, file, { rate, seconds, tell = () => {}, audit }) {
    const demo = await demonstration(name);
    const server = await serve(demo);
    const rejects = path.join(demo.dir, 'rejects.tsv');
    const alone = new Askers(server, demo, rate);
    await sleep(seconds * 1000);
    const without = await alone.end();
    tell(`without: ${JSON.stringify(without)}`);
    const beside = new Askers(server, demo, rate);
    const begun = Date.now();
    const { ended } = startImport(demo, [file, '--rejects', rejects, '--json']);
    const how = await ended;
    const took = (Date.now() - begun) / 1000;
    const during = await beside.end();
    assert.equal(how.status, 1, how.stderr); // some lines were refused
    tell(`with: ${JSON.stringify(during)} in ${took} s`);
    const memory = Object.fromEntries((await server.processes()).map((row) =>
        [row.process, row.resident_bytes]));
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const end = await settle(demo, rejects, { audit });
    demo.remove();
    return { end, without, during, took_s: took, memory };
}

const victims = ['loader', 'command', 'core', 'loader', 'command'];

// The same import, killed so many times at any moment, and started again each time that it ended.
export async function killed(name, file, { kills, tookS, tell = () => {}, audit }) {
    const demo = await demonstration(name);
    const server = await serve(demo);
    const rejects = path.join(demo.dir, 'rejects.tsv');
    const counts = { loader: 0, command: 0, core: 0, server: 0, runs: 0 };
    let last = null;
    let next = 0;
    const start = () => {
        counts.runs++;
        return startImport(demo, [file, '--rejects', rejects]);
    };
    let running = start();
    running.ended.then((how) => {
        last = how;
    });
    while (last === null || last.status === 3 || last.signal !== null) {
        if (last !== null) {
            last = null;
            running = start();
            running.ended.then((how) => {
                last = how;
            });
        }
        if (next >= kills) {
            await running.ended;
            continue;
        }
        await Promise.race([sleep(Math.random() * ((2 * tookS * 1000) / (kills + 1))), running.ended]);
        if (last !== null) {
            continue;
        }
        const victim = victims[next++ % victims.length];
        counts[victim]++;
        tell(`kill ${next} of ${kills}: ${victim}`);
        if (victim === 'command') {
            running.child.kill('SIGKILL');
            await running.ended;
        } else {
            const row = await until(victim, async () => {
                const found = await server.process(victim);
                return found?.pid > 0 && found;
            });
            process.kill(row.pid, 'SIGKILL');
            await sleep(50);
        }
    }
    assert.equal(last.status, 1, last.stderr);
    await until('all serve', async () => (await server.processes()).every((row) =>
        row.state === 'serving'));
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const end = await settle(demo, rejects, { audit });
    demo.remove();
    return { end, counts };
}

// Both, and that they came to the same.
export async function compared(name, { persons, rate, seconds, kills, audit, tell = () => {} }) {
    const file = await peopleFile(persons, 4242);
    const whole = await measured(`${name}-whole`, file, { rate, seconds, tell, audit });
    tell(`registry: ${JSON.stringify(whole.end.dump.counts)}`);
    const cut = await killed(`${name}-cut`, file, { kills, tookS: whole.took_s, tell, audit });
    assert.deepEqual(cut.end.dump, whole.end.dump, 'the same registry');
    assert.equal(cut.end.rejects, whole.end.rejects, 'the same reject file');
    const lines = whole.end.rejects.split('\n').slice(0, -1);
    assert.ok(lines.length >= Math.floor(persons / BAD_EVERY));
    assert.ok(lines.every((line) => /^\d+\t\d+\t[ -~]+$/.test(line)), 'number, column, reason');
    return {
        persons, lines_refused: lines.length, asks_a_second: rate,
        chunk_persons: CHUNK, import_s: whole.took_s,
        persons_a_second: Math.round(persons / whole.took_s),
        asks_without: whole.without, asks_with: whole.during, resident_bytes: whole.memory,
        killed: cut.counts, chunks: whole.end.dump.counts.chunks, equal: true,
    };
}

if (process.argv[1]?.endsWith('import.mjs')) {
    const { values } = parseArgs({ options: {
        persons: { type: 'string', default: '1000000' }, rate: { type: 'string', default: '200' },
        seconds: { type: 'string', default: '60' }, kills: { type: 'string', default: '10' },
    } });
    const found = await compared('import', {
        persons: Number(values.persons), rate: Number(values.rate),
        seconds: Number(values.seconds), kills: Number(values.kills), audit: true,
        tell: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
