// Good clients at full load, and beside them an attacker or its control; what each did, and what it
// cost the server.
import { fork, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { kycAsk } from '../../e2e/lib/asks.mjs';
import { root, sleep } from '../../e2e/lib/command.mjs';
import { cpuSeconds, residentKib } from '../../e2e/lib/proc.mjs';
import { ATTACKS, CONTROLS } from './attacks.mjs';

const here = import.meta.dirname;
const TICK_MS = 100;
const MEMORY_MS = 200;

// bench/load without end; `at()` is what it has done so far.
export class GoodClients {
    now = { us: 0, answered: 0, good: 0, failed: 0 };
    #child;

    constructor(server, listener, { connections = 8, streams = 32 } = {}) {
        const { demo } = server;
        const bodies = path.join(demo.dir, 'good-bodies');
        writeFileSync(bodies, demo.samples().map((person) =>
            JSON.stringify(kycAsk(person))).join('\n'));
        const { certPath, keyPath } = demo.client('bank');
        this.#child = spawn(path.join(root, 'build/bench/load'), [
            '--ca', path.join(demo.dir, 'ca.pem'), '--cert', certPath, '--key', keyPath,
            '--requests', '1000000000', '--connections', String(connections),
            '--streams', String(streams), '--tick', String(TICK_MS),
            ...(listener === 'machine' ? ['--port', String(server.port), '--bodies', bodies]
                : ['--port', String(server.publicPort), '--path', '/ledger/checkpoint']),
        ], { stdio: ['ignore', 'pipe', 'inherit'] });
        let rest = '';
        this.#child.stdout.on('data', (text) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop();
            for (const line of lines.filter((one) => one.startsWith('tick '))) {
                const [us, answered, good, failed] = line.split(' ').slice(1).map(Number);
                this.now = { us, answered, good, failed };
            }
        });
    }

    get alive() {
        return this.#child.exitCode === null && this.#child.signalCode === null;
    }

    stop() {
        this.#child.kill('SIGKILL');
    }
}

export class Attacker {
    #child;

    async start(name, listener, server) {
        const { demo } = server;
        const { client } = ATTACKS[name] ?? CONTROLS[name];
        const pair = client ? demo.client(client) : {};
        this.#child = fork(path.join(here, 'attacker.mjs'), { execArgv: [] });
        this.#child.send({
            name, listener, port: listener === 'machine' ? server.port : server.publicPort,
            ca: demo.ca.toString(), cert: pair.cert?.toString(), key: pair.key?.toString(),
            ask: JSON.stringify(kycAsk(demo.samples()[0])),
            refused: JSON.stringify(kycAsk(demo.samples()[0], { business: 'NV-NOBODY' })),
        });
        await this.#next();
        return this;
    }

    #next() {
        return new Promise((resolve, reject) => {
            this.#child.once('message', resolve);
            this.#child.once('exit', () => reject(new Error('the attacker died')));
        });
    }

    cpuSeconds() {
        return cpuSeconds(this.#child.pid);
    }

    async stop() {
        this.#child.send('stop');
        return this.#next();
    }
}

export class Burner {
    #child;

    constructor(share) {
        this.#child = fork(path.join(here, 'burner.mjs'), [String(share)]);
    }

    stop() {
        this.#child.kill('SIGKILL');
    }
}

// Resident memory of each process of a server: at first, at most, at last.
export class Memory {
    rows = {};
    #timer;

    constructor(processes) {
        const sample = () => processes.forEach(({ process: name, pid }) => {
            const kib = residentKib(pid);
            const row = this.rows[name] ??= { before: kib, peak: 0, after: 0 };
            row.peak = Math.max(row.peak, kib);
            row.after = kib;
        });
        sample();
        this.#timer = setInterval(sample, MEMORY_MS);
    }

    stop() {
        clearInterval(this.#timer);
    }
}

const spent = (processes) => processes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);

// One phase: answers a second of the good clients, seconds of processor time of the server.
export async function phase(good, processes, seconds) {
    await sleep(400); // who has just been started or stopped has its effect
    const [first, cpu] = [good.now, spent(processes)];
    await sleep(seconds * 1000);
    const [last, cpuLast] = [good.now, spent(processes)];
    const took = (last.us - first.us) / 1e6;
    return {
        perSecond: took > 0 ? (last.good - first.good) / took : 0, seconds: took,
        refused: last.answered - last.good - (first.answered - first.good),
        failed: last.failed - first.failed, serverCpu: (cpuLast - cpu) / seconds,
    };
}

// What the processes that serve clients counted, from their last lines.
export function counters(said) {
    const sums = {};
    for (const line of said.split('\n').filter((one) => / stopped connections=/.test(one))) {
        for (const [, name, value] of line.matchAll(/ ([a-z_0-9]+)=(\d+)/g)) {
            sums[name] = (sums[name] ?? 0) + Number(value);
        }
    }
    return sums;
}
