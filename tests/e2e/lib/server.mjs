// A dancu server of a test's own: started on free ports, stopped by its own process id and by
// nothing broader.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { binary, until } from './command.mjs';

const [portFirst, portLast] = (process.env.DANCU_TEST_PORTS ?? '23000-23999').split('-').map(Number);
const PORTS = 5; // machine, public, desk, metrics, and the one by which a test claims them
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
const SAID_BYTES_MAX = 64 * 1024;

// A listener on the port, or null when somebody else has it.
async function listenOn(port) {
    const listener = createServer();
    try {
        listener.listen(port, '127.0.0.1').unref();
        await once(listener, 'listening');
        return listener;
    } catch {
        return null;
    }
}

// The first of free ports, and what claims them until it is closed: test files run side by side.
async function freePorts() {
    const steps = Math.floor((portLast - portFirst + 1) / PORTS);
    for (let tries = 0; tries < 200; tries++) {
        const port = portFirst + PORTS * Math.floor(Math.random() * steps);
        const listeners = [];
        for (let i = PORTS - 1; i >= 0 && !listeners.includes(null); i--) {
            listeners.push(await listenOn(port + i));
        }
        const [claim, ...others] = listeners;
        others.forEach((one) => one?.close());
        if (!listeners.includes(null)) {
            return { port, claim };
        }
        claim?.close();
    }
    throw new Error(`no free ports between ${portFirst} and ${portLast}`);
}

const running = new Set();
process.on('exit', () => {
    for (const server of running) {
        server.signal('SIGKILL');
    }
});

export class Server {
    #child = null;
    #ended = null;
    #said = '';

    constructor(demo, { edges, args = [], program = binary, onSaid = () => {},
        address = '127.0.0.1', readyMsMax = READY_MS_MAX } = {}) {
        this.readyMsMax = readyMsMax;
        this.demo = demo;
        this.program = program;
        this.onSaid = onSaid;
        this.edges = edges;
        this.args = args;
        this.address = address;
    }

    // What it has said on standard error; the beginning is forgotten when it is long.
    get said() {
        return this.#said;
    }

    get pid() {
        return this.#child?.pid;
    }

    get publicPort() {
        return this.port + 1;
    }

    async start({ port } = {}) {
        const { demo } = this;
        const found = port === undefined ? await freePorts() : { port };
        this.port = found.port;
        this.#said = '';
        const tls = (name) => path.join(demo.tls, name);
        this.#child = spawn(this.program, ['serve', '--home', demo.home, '--keys', demo.keys,
            '--port', String(this.port), '--address', this.address,
            '--cert', tls('cert.pem'), '--key', tls('key.pem'),
            '--client-ca', path.join(demo.dir, 'ca.pem'), '--client-crl', tls('crl.pem'),
            ...(this.edges ? ['--edges', String(this.edges)] : []), ...this.args,
        ], { stdio: ['ignore', 'pipe', 'pipe'] });
        const child = this.#child;
        let out = '';
        child.stdout.on('data', (bytes) => {
            out += bytes;
        });
        child.stderr.on('data', (bytes) => {
            this.#said = (this.#said + bytes).slice(-SAID_BYTES_MAX);
            this.onSaid(bytes);
        });
        running.add(this);
        this.#ended = new Promise((resolve) => {
            child.on('close', (status, signal) => {
                running.delete(this);
                found.claim?.close();
                resolve({ status, signal });
            });
        });
        const begun = Date.now();
        let ended = null;
        this.#ended.then((how) => {
            ended = how;
        });
        await until('dancu is ready', () => ended || out.includes('\n'),
            { timeoutMs: this.readyMsMax, everyMs: 5 }).catch((error) => {
            this.signal('SIGKILL');
            throw new Error(`${error.message}\n${this.said}`);
        });
        if (ended) {
            throw new Error(`the server ended at once (${JSON.stringify(ended)})\n${this.said}`);
        }
        this.readyMs = Date.now() - begun;
        this.readyLine = out.trimEnd();
        return this;
    }

    signal(name) {
        if (this.#child !== null && this.#child.exitCode === null &&
            this.#child.signalCode === null) {
            this.#child.kill(name);
        }
    }

    // SIGTERM, and how it ended.
    async stop() {
        if (this.#child === null) {
            return null;
        }
        this.signal('SIGTERM');
        const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS_MAX);
        const how = await this.#ended;
        clearTimeout(timer);
        this.#child = null;
        return how;
    }

    // The processes as `dancu ps` tells them.
    async processes() {
        const { status, stdout, stderr } = await this.demo.dancu(['ps', '--json']);
        if (status !== 0) {
            throw new Error(`dancu ps: ${stderr}`);
        }
        return JSON.parse(stdout).processes;
    }

    async process(name) {
        return (await this.processes()).find((row) => row.process === name);
    }
}

export async function serve(demo, options) {
    return new Server(demo, options).start();
}
