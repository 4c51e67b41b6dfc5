// What bench/run measures, part by part; each gives its figures and leaves nothing behind.
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Http2Client } from '../../tests/e2e/lib/client.mjs';
import { binary, must, root, sleep } from '../../tests/e2e/lib/command.mjs';
import { load } from '../../tests/e2e/lib/generator.mjs';
import { historyAsk } from '../../tests/e2e/lib/history.mjs';
import { readCheckpoint } from '../../tests/e2e/lib/note.mjs';
import { cpuSeconds, ownKib, residentKib, sharedKib } from '../../tests/e2e/lib/proc.mjs';
import { serve } from '../../tests/e2e/lib/server.mjs';
import { median, quantile } from '../../tests/e2e/lib/stats.mjs';

export const H2 = { connections: 16, streams: 32 };
export const H1 = { connections: 256, streams: 1, http1: true };
const LOCKSTEP_ASKS = 500;
const HISTORY_LOOKS = 300;
const CROWD = 1000;

// Our own generator, which picks a person at random for each ask: a rate.
export async function randomAsks(server, bodies, requests, more) {
    const found = await load(server, server.demo.client('bank'), { bodies, requests, ...H2, ...more });
    if (found.statuses['200'] !== requests) {
        throw new Error(`not everything was answered: ${JSON.stringify(found.statuses)}`);
    }
    return found;
}

// The same generator, GETting a file.
export async function plainGets(server, port, requests) {
    const { demo } = server;
    const { certPath, keyPath } = demo.client('bank');
    const { stdout } = await must(path.join(root, 'build/bench/load'), ['--port', String(port),
        '--ca', path.join(demo.dir, 'ca.pem'), '--cert', certPath, '--key', keyPath,
        '--path', '/static.json', '--requests', String(requests),
        '--connections', String(H2.connections), '--streams', String(H2.streams)]);
    return JSON.parse(stdout);
}

async function times(server) {
    const rows = await server.processes();
    return rows.map((row) => [row.process.replace(/ \d+$/, ''), cpuSeconds(row.pid)]);
}

// Microseconds of the processor that each kind of process took for one of `count` answers.
export async function processorOf(server, count, work) {
    const before = await times(server);
    await work();
    const after = await times(server);
    const sums = {};
    after.forEach(([name, time], i) => {
        sums[name] = (sums[name] ?? 0) + ((time - before[i][1]) / count) * 1e6;
    });
    return sums;
}

// One ask after the other, and a plain append with its sync: medians, in microseconds.
export async function lockstep(server, bodies, seed) {
    const { stdout } = await must(path.join(root, 'build/bench/sync'),
        [server.demo.dir, String(LOCKSTEP_ASKS)]);
    const asked = await randomAsks(server, bodies, LOCKSTEP_ASKS,
        { connections: 1, streams: 1, seed });
    return { ours: asked.latency_us.p50, disk: JSON.parse(stdout).p50 };
}

// Resident memory of each process while a crowd is connected and asks.
export async function crowded(server, ask) {
    const crowd = ask({ connections: CROWD, streams: 1, seconds: 5 });
    await sleep(4500);
    const rows = (await server.processes()).map(({ process, pid }) => ({ process,
        resident: residentKib(pid), shared: sharedKib(pid), own: ownKib(pid) }));
    await crowd;
    return rows;
}

// Citizens who look at who has seen them: the newest page, over one connection, one after the other.
export async function histories(server, key, people) {
    const { demo } = server;
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('portal') });
    const took = [];
    let size = 0;
    for (let i = 0; i < HISTORY_LOOKS; i++) {
        const person = people[(i * 7919) % people.length];
        const ask = await historyAsk({ demo, key }, person);
        const from = performance.now();
        const answer = await client.off.post(...ask);
        took.push(performance.now() - from);
        if (answer.status !== 200) {
            throw new Error(`no history: ${answer.text}`);
        }
        size = answer.json.result.size;
    }
    await client.close();
    return { p50Ms: median(took), p99Ms: quantile(took, 0.99), entries: size };
}

async function sizeOf(demo) {
    const { stdout } = await must('cat', [path.join(demo.home, 'ledger/checkpoint')]);
    return readCheckpoint(stdout, demo.vkey).size;
}

export async function verify(demo) {
    const entries = await sizeOf(demo);
    const from = performance.now();
    const verified = await demo.dancu(['ledger', 'verify'], { timeoutMs: 3_600_000 });
    if (verified.status !== 0) {
        throw new Error(`the ledger does not verify: ${verified.stderr}`);
    }
    const seconds = (performance.now() - from) / 1000;
    return { entries, seconds, perSecond: entries / seconds };
}

export async function start(demo) {
    const server = await serve(demo);
    await server.stop();
    return { entries: await sizeOf(demo), ms: server.readyMs };
}

// Into a home of its own, which is removed.
export async function importing(dir, persons) {
    const env = { DANCU_HOME: path.join(dir, 'home'), DANCU_KEYS: path.join(dir, 'keys') };
    const file = path.join(dir, 'people.ndjson');
    const timeoutMs = 3_600_000;
    rmSync(dir, { recursive: true, force: true });
    await must('mkdir', ['-p', dir]);
    await must(binary, ['init', '--origin', 'localhost/bench'], { env });
    await must(binary, ['policy', 'publish', 'policy'], { env });
    await must(binary, ['seed', '--persons', String(persons), '--seed', '7', '--out', file],
        { timeoutMs });
    const from = performance.now();
    await must(binary, ['registry', 'import', file], { env, timeoutMs });
    const seconds = (performance.now() - from) / 1000;
    const bytes = statSync(path.join(dir, 'home/registry.db')).size;
    rmSync(dir, { recursive: true });
    return { perSecond: persons / seconds, bytesPerPerson: bytes / persons };
}

// Takes what the system has of the register from its cache; no process may have it open.
export const evict = (demo) => must('dd', [`of=${path.join(demo.home, 'registry.db')}`,
    'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
