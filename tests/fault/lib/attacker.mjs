// One attacker, a process of its own: carries out one row of attacks.mjs at its named rate until it
// is told to stop, and tells what it did and how it was treated.
//   parent sends {name, listener, port, ca, cert, key, ask, refused}; `stop` ends it.
import net from 'node:net';
import tls from 'node:tls';
import { ATTACKS, CONTROLS } from './attacks.mjs';
import { FrameReader, KIND } from './frames.mjs';

const HOST = '127.0.0.1';
const TICK_MS = 20;
const WAITING_BYTES_MAX = 256 * 1024; // of one connection, before it is given no more
const UNITS_MAX = 2000; // to one connection in one tick
const counts = {
    units: 0, bytes: 0, connections: 0, failed: 0, ended: 0, resumed: 0, goaways: {}, resets: {},
    statuses: {}, answers: 0, held: 0,
};
let row;
let told;
let session;
let stopped = false;
const open = new Set();

const count = (map, key) => {
    map[key] = (map[key] ?? 0) + 1;
};

function reader2() {
    const frames = new FrameReader();
    return (bytes) => frames.take(bytes, (kind, flags, stream, payload) => {
        if (kind === KIND.GOAWAY && payload.length >= 8) {
            count(counts.goaways, payload.readUInt32BE(4));
        } else if (kind === KIND.RST_STREAM) {
            count(counts.resets, payload.readUInt32BE(0));
        } else if (kind === KIND.HEADERS) {
            counts.answers++;
        }
    });
}

function reader1() {
    return (bytes) => {
        for (const [, status] of bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
            count(counts.statuses, status);
        }
    };
}

// The first bytes of a real client, to be sent over TCP.
function helloOfClient() {
    return new Promise((resolve) => {
        const ear = net.createServer((socket) => socket.once('data', (bytes) => {
            socket.destroy();
            ear.close();
            resolve(bytes);
        }));
        ear.listen(0, HOST, () => tls.connect({ host: HOST, port: ear.address().port,
            servername: 'localhost', ALPNProtocols: ['h2'] }).on('error', () => {}));
    });
}

function connect() {
    const socket = row.tcp ? net.connect(told.port, HOST) : tls.connect({
        host: HOST, port: told.port, ca: told.ca, cert: told.cert, key: told.key,
        servername: 'localhost', ALPNProtocols: [row.alpn],
        session: row.resume ? session : undefined,
    });
    const connection = { socket, n: 0, ready: false, listener: told.listener, ask: told.ask,
        refused: told.refused, clientHello: told.clientHello };
    open.add(connection);
    socket.setNoDelay(true);
    socket.on(row.tcp ? 'connect' : 'secureConnect', () => {
        counts.connections++;
        counts.resumed += row.resume && socket.isSessionReused() ? 1 : 0;
        connection.ready = true;
        if (row.hello) {
            send(connection, row.hello);
        }
        if (row.deaf) {
            socket.pause();
        }
    });
    socket.on('session', (found) => {
        session = found;
    });
    const read = row.alpn === 'h2' ? reader2() : reader1();
    if (!row.deaf) {
        socket.on('data', read);
    }
    socket.on('error', () => {});
    socket.on('close', () => {
        counts[connection.ready ? 'ended' : 'failed'] += connection.closing ? 0 : 1;
        open.delete(connection);
    });
}

function send(connection, bytes) {
    counts.bytes += bytes.length;
    connection.socket.write(bytes);
}

function feed(connection, units) {
    const parts = [];
    for (let i = 0; i < units; i++) {
        const part = row.unit(connection);
        if (part === null) {
            break;
        }
        parts.push(part);
        connection.n++;
        counts.units++;
    }
    if (parts.length > 0) {
        send(connection, Buffer.concat(parts));
    }
    if (row.close && connection.n > 0) {
        connection.closing = true;
        connection.socket.end();
    }
}

// Units and connections are paid out of what the time since the last tick has brought.
function run() {
    const due = { units: 0, again: 0 };
    let last = performance.now();
    const timer = setInterval(() => {
        const now = performance.now();
        const seconds = Math.min(0.2, (now - last) / 1000);
        last = now;
        due.units = Math.min(due.units + seconds * row.perSecond, row.perSecond / 4 + 1);
        due.again = Math.min(due.again + seconds * row.again, row.again / 4 + 1);
        for (; due.again >= 1 && open.size < row.connections; due.again--) {
            connect();
        }
        counts.held = Math.max(counts.held, open.size);
        const takers = [...open].filter(({ ready, closing, socket }) => ready && !closing &&
            !socket.destroyed && socket.writableLength < WAITING_BYTES_MAX);
        takers.sort(() => Math.random() - 0.5);
        const each = Math.max(1, Math.min(UNITS_MAX, Math.floor(due.units / takers.length)));
        for (const connection of takers) {
            if (due.units < 1) {
                break;
            }
            due.units -= each;
            feed(connection, each);
        }
        if (stopped) {
            clearInterval(timer);
        }
    }, TICK_MS);
}

process.on('message', async (message) => {
    if (message === 'stop') {
        stopped = true;
        const { user, system } = process.cpuUsage();
        process.send({ ...counts, left: open.size, cpuSeconds: (user + system - told.cpu) / 1e6 },
            () => process.exit(0));
        return;
    }
    told = message;
    told.ask = Buffer.from(told.ask);
    told.refused = Buffer.from(told.refused);
    row = ATTACKS[told.name] ?? CONTROLS[told.name];
    told.clientHello = await helloOfClient();
    const { user, system } = process.cpuUsage();
    told.cpu = user + system;
    process.send('ready');
    run();
});
