// Each system call of the core's write path fails once, and once more by a kill, on the real process
// under strace: while it serves (strace is attached to the core, clients ask, an act is made), and
// from the first call of a start to the last of an end (an act while no server runs, under strace
// whole). Whatever was told must hold afterwards.
//   tests/fault/calls [--places N]     failures of each call are tried at so many places of a life
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { binary, has, isRoot, run, sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';
import { serve } from '../e2e/lib/server.mjs';

const FAILURES = ['error=EIO', 'error=ENOSPC', 'error=EINTR', 'signal=SIGKILL'];
// What may stand in a write path; what a life really calls is counted first.
const CALLS = ['write', 'pwrite64', 'sync_file_range', 'fdatasync', 'fsync', 'syncfs', 'openat',
    'close', 'rename', 'renameat', 'unlink', 'unlinkat', 'mkdirat', 'ftruncate', 'fallocate',
    'fchmod', 'pread64', 'lseek', 'flock', 'fcntl'];
const LIVED_MS = 2100; // a core that has lived so long is started again at once
const AT_ONCE = 8;

// A call that is made to fail is made as getpid(): a call of no number is none that a process's filter
// allows, and would be a kill.
const inject = (call, failure, n) => ['-e', `trace=${call}`, '-e',
    `inject=${call}:${failure}${failure.startsWith('error') ? ':syscall=getpid' : ''}:when=${n}`];

// Places 1..count, as many as `most`, evenly spread, the first and the last among them.
export function places(count, most) {
    if (count <= most) {
        return Array.from({ length: count }, (_, i) => i + 1);
    }
    const found = new Set();
    for (let i = 0; i < most; i++) {
        found.add(most === 1 ? 1 : 1 + Math.round((i * (count - 1)) / (most - 1)));
    }
    return [...found];
}

export class Table {
    rows = new Map();

    add(how, call, failure, outcome) {
        const name = `${how} ${call} ${failure.replace(/^[a-z]+=/, '')}`;
        const row = this.rows.get(name) ?? {};
        row[outcome] = (row[outcome] ?? 0) + 1;
        this.rows.set(name, row);
    }

    get runs() {
        return [...this.rows.values()].flatMap(Object.values).reduce((sum, n) => sum + n, 0);
    }

    lines() {
        return [...this.rows].map(([name, row]) => `${name.padEnd(38)} ` +
            Object.entries(row).map(([outcome, n]) => `${outcome} ${n}`).join(', '));
    }
}

const party = (code) => ['party', 'add', '--code', code, '--class', 'other', '--kind', 'x', '--name', 'x'];
const env = (demo) => ({ DANCU_HOME: demo.home, DANCU_KEYS: demo.keys });

// ---- while no server runs ----

// How often a command calls what.
async function census(demo, args) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dancu-calls-'));
    const file = path.join(folder, 'trace');
    try {
        const { status, stderr } = await run('strace', ['-f', '-o', file, '-e',
            `trace=${CALLS.join(',')}`, binary, ...args], { env: env(demo) });
        assert.equal(status, 0, stderr);
        const counts = new Map();
        for (const line of readFileSync(file, 'utf8').split('\n')) {
            const call = /^\d+\s+([a-z0-9]+)\(/.exec(line)?.[1];
            if (call) {
                counts.set(call, (counts.get(call) ?? 0) + 1);
            }
        }
        return counts;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

// An act under a failure, and again without: told done and not there, or no start any more, is wrong.
async function actFails(demo, code, call, failure, n) {
    const first = await run('strace', ['-f', '-o', '/dev/null', ...inject(call, failure, n), binary,
        ...party(code)], { env: env(demo) });
    const again = await demo.dancu(party(code));
    const there = again.status !== 0 && /already/.test(again.stderr);
    const told = first.status === 0;
    assert.ok(again.status === 0 || there, `${call} ${failure} at ${n}: ${again.stderr}`);
    assert.ok(!told || there, `${call} ${failure} at ${n}: told that it is done, and it is not`);
    if (told) {
        return 'done';
    }
    if (first.signal !== null || first.status >= 128) {
        return there ? 'killed, done' : 'killed, not done';
    }
    return there ? 'told failed, done' : 'told failed, not done';
}

async function offline(demo, table, most, [calls, failures], tell) {
    const counts = await census(demo, party('census'));
    let number = 0;
    for (const [call, count] of counts) {
        for (const n of calls.includes(call) ? places(count, most) : []) {
            for (const failure of failures) {
                number++;
                table.add('start to end', call, failure,
                    await actFails(demo, `p${number}`, call, failure, n));
            }
        }
        tell(`${call}: called ${count} times, ${table.runs} runs`);
    }
    return number + 1;
}

// ---- while it serves ----

// strace on the core alone.
async function attach(pid, options) {
    const child = spawn('strace', ['-p', String(pid), '-o', '/dev/null', ...options],
        { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    let said = '';
    child.stderr.on('data', (bytes) => {
        said += bytes;
    });
    await Promise.race([ended, until('strace is attached', () => /attached/.test(said))]);
    if (!/attached/.test(said)) {
        throw new Error(`strace ${options.join(' ')}: ${said}`);
    }
    return async () => { // detaches
        child.kill('SIGTERM');
        await ended;
    };
}

class Clients {
    kept = [];
    statuses = {};
    lost = 0;
    #stop = false;

    constructor(server, demo) {
        const made = () => new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const samples = demo.samples();
        let connection = made();
        this.done = Promise.all(Array.from({ length: AT_ONCE }, async (_, first) => {
            for (let i = first; !this.#stop; i++) {
                const used = connection;
                try {
                    this.take(await used.lookup(kycAsk(samples[i % samples.length])));
                } catch {
                    this.lost++;
                    if (used === connection) {
                        used.destroy();
                        connection = made();
                    }
                }
                await sleep(10);
            }
        })).then(() => connection.destroy());
    }

    take(answer) {
        this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
        if (answer.json?.receipt) {
            const { receipt, opening, ask } = answer.json;
            this.kept.push({ receipt, opening, ask });
        }
    }

    stop() {
        this.#stop = true;
        return this.done;
    }
}

const core = (server) => until('the core serves', async () => {
    const row = await server.process('core').catch(() => null);
    return row?.state === 'serving' && row;
}, { timeoutMs: 60_000 });

async function serving(server, demo, clients, table, code, call, failure, n) {
    const before = await core(server);
    const refused = clients.statuses[503] ?? 0;
    const detach = await attach(before.pid, inject(call, failure, n));
    const act = await demo.dancu(party(code));
    await sleep(1100); // one publication at least
    await detach();
    const after = await core(server);
    const restarted = after.pid !== before.pid;
    const told = (clients.statuses[503] ?? 0) > refused;
    table.add('serving', call, failure, restarted ? 'core started again' : told ? '503' : 'answered');
    if (restarted) {
        await sleep(LIVED_MS);
    }
    return act.status === 0 ? code : null;
}

// What the core calls while it serves, by name.
async function callsOfCore(server, demo) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dancu-calls-'));
    const file = path.join(folder, 'trace');
    const { pid } = await core(server);
    const child = spawn('strace', ['-p', String(pid), '-o', file, '-e', `trace=${CALLS.join(',')}`],
        { stdio: 'ignore' });
    const ended = once(child, 'close');
    await sleep(500);
    await demo.dancu(party('census-serving'));
    await sleep(1500);
    child.kill('SIGTERM');
    await ended;
    const counts = new Map();
    for (const line of readFileSync(file, 'utf8').split('\n')) {
        const call = /^([a-z0-9]+)\(/.exec(line)?.[1];
        if (call) {
            counts.set(call, (counts.get(call) ?? 0) + 1);
        }
    }
    rmSync(folder, { recursive: true });
    return counts;
}

// ---- afterwards ----

// The log as it is on disk after an end.
async function logOf(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const note = readFileSync(path.join(ledger, 'checkpoint'), 'utf8');
    const { size } = readCheckpoint(note, demo.vkey);
    return readEntries((name) => readFileSync(path.join(ledger, name)), size);
}

const parties = (entries) =>
    entries.filter((entry) => JSON.parse(entry).outcome === 'party.add').length;

// Every receipt in the log where it says; every party there once.
async function compare(demo, kept, added) {
    const entries = await logOf(demo);
    const given = new Set();
    for (const one of kept) {
        const { index } = verifyReceipt(one, demo.vkey);
        assert.equal(entries[index]?.toString(), one.receipt.entry, `entry ${index} is in the log`);
        assert.ok(!given.has(index), `entry ${index} was given out once`);
        given.add(index);
    }
    assert.equal(parties(entries), added, 'each party was added once');
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    return entries.length;
}

async function serveAndFail(demo, table, most, [calls, failures], tell) {
    const server = await serve(demo, { edges: 1 });
    const clients = new Clients(server, demo);
    let number = 0;
    try {
        await sleep(LIVED_MS);
        const counts = await callsOfCore(server, demo);
        const acts = [];
        for (const [call, count] of counts) {
            for (const n of calls.includes(call) ? places(Math.min(count, 40), most) : []) {
                for (const failure of failures) {
                    number++;
                    acts.push(await serving(server, demo, clients, table, `s${number}`, call,
                        failure, n));
                }
            }
            tell(`${call}: ${clients.kept.length} answers kept, ${JSON.stringify(clients.statuses)}`);
        }
        for (let i = 1; i <= number; i++) { // told done or not: now it is there, once
            const again = await demo.dancu(party(`s${i}`));
            const there = again.status !== 0 && /already/.test(again.stderr);
            assert.ok(again.status === 0 || there, again.stderr);
            assert.ok(!acts.includes(`s${i}`) || there, `s${i}: told that it is done, and it is not`);
        }
    } finally {
        await clients.stop();
    }
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    return { clients, added: number + 1 };
}

// False when strace cannot trace here.
export async function canTrace() {
    return isRoot && has('strace') &&
        (await run('strace', ['-o', '/dev/null', '-e', 'trace=close', 'true'])).status === 0;
}

// `places`: how many of the calls of one name are made to fail; `offline` and `serving`: which calls,
// and how.
export async function callsFail(name, {
    places: most, tell = () => {}, offline: whole = [CALLS, FAILURES], serving: part = whole,
} = {}) {
    const demo = await demonstration(name);
    const table = new Table();
    const before = parties(await logOf(demo));
    const made = await offline(demo, table, most, whole, tell);
    const { clients, added } = await serveAndFail(demo, table, most, part, tell);
    const entries = await compare(demo, clients.kept, before + made + added);
    demo.remove();
    return { runs: table.runs, table: table.lines(), kept: clients.kept.length,
        statuses: clients.statuses, lost: clients.lost, entries };
}

if (process.argv[1]?.endsWith('calls.mjs')) {
    const { values } = parseArgs({ options: { places: { type: 'string', default: '6' } } });
    if (!await canTrace()) {
        process.stdout.write('strace cannot trace here (root, and a kernel that lets it)\n');
        process.exit(0);
    }
    const found = await callsFail('calls', { places: Number(values.places),
        tell: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${found.table.join('\n')}\n${found.runs} runs; ${found.kept} answers, ` +
        `each in the log: 0 answered without record; ${JSON.stringify(found.statuses)}, ` +
        `${found.lost} lost with their connection; ${found.entries} entries verified\n`);
}
