// Clients that are slow, greedy or broken: each is let go of, and the others notice nothing (I9).
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { kycAsk } from './lib/asks.mjs';
import { HOST, Http1Client, Http2Client } from './lib/client.mjs';
import { run, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { scrape } from './lib/metrics.mjs';
import { serve } from './lib/server.mjs';

const HANDSHAKE_S = 10; // of base/ceilings.h
const HEADERS_S = 10;
const BODY_S = 20;
const SLACK_S = 4;
const TLS_CHAIN_BYTES_MAX = 16_384; // likewise
let demo;
let server;
let samples;
let pids;

before(async () => {
    demo = await demonstration('hostile');
    server = await serve(demo, { edges: 2 });
    samples = demo.samples();
    pids = (await server.processes()).map((row) => row.pid);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const credentials = () => ({ ca: demo.ca, ...demo.client('bank'), servername: 'localhost' });

async function othersAreServed() {
    const client = new Http2Client({ port: server.port, ...credentials() });
    const answers = await flood(50, 10, (i) => client.lookup(kycAsk(samples[i])));
    assert.deepEqual(tally(answers.map(codeOf)), { disclosed: 50 });
    await client.close();
}

// Seconds until the other side ends the connection, and what it said before.
function untilClosed(socket, limitS) {
    const begun = Date.now();
    return new Promise((resolve, reject) => {
        let said = '';
        const timer = setTimeout(() => {
            socket.destroy();
            reject(new Error(`still open after ${limitS} s`));
        }, limitS * 1000);
        socket.on('data', (bytes) => {
            said += bytes.toString('latin1');
        });
        socket.on('error', () => {});
        socket.on('close', () => {
            clearTimeout(timer);
            resolve({ seconds: (Date.now() - begun) / 1000, said });
        });
    });
}

function secure(protocol) {
    return new Promise((resolve, reject) => {
        const socket = tls.connect({ host: HOST, port: server.port, ...credentials(),
            ALPNProtocols: [protocol] });
        socket.on('secureConnect', () => resolve(socket));
        socket.on('error', reject);
    });
}

describe('who is slow is let go of', { concurrency: true }, () => {
    test('without a handshake', async () => {
        const socket = net.connect(server.port, HOST);
        const { seconds } = await untilClosed(socket, HANDSHAKE_S + SLACK_S);
        assert.ok(seconds > 1, 'but not at once');
    });

    test('with half a head over HTTP/1.1', async () => {
        const socket = await secure('http/1.1');
        socket.write('POST /v1/lookup HTTP/1.1\r\nHost: local');
        const { said } = await untilClosed(socket, HEADERS_S + SLACK_S);
        assert.match(said, /^(HTTP\/1\.1 (400|408) |$)/);
    });

    test('with a head that comes byte by byte', async () => {
        const socket = await secure('http/1.1');
        const head = 'POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
        let at = 0;
        const drip = setInterval(() => socket.write(head[at++] ?? 'x'), 200);
        await untilClosed(socket, HEADERS_S + SLACK_S).finally(() => clearInterval(drip));
    });

    test('with half a body over HTTP/1.1', async () => {
        const socket = await secure('http/1.1');
        socket.write('POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\n' +
            'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"business"');
        const { said } = await untilClosed(socket, BODY_S + SLACK_S);
        assert.match(said, /^(HTTP\/1\.1 (400|408) |$)/);
    });

    test('with half a body over HTTP/2, on that stream', async () => {
        const session = http2.connect(`https://${HOST}:${server.port}`, credentials());
        session.on('error', () => {});
        const stream = session.request({ ':method': 'POST', ':path': '/v1/lookup',
            'content-type': 'application/json' }, { endStream: false });
        stream.write('{"business"');
        const begun = Date.now();
        const status = await new Promise((resolve, reject) => {
            setTimeout(() => reject(new Error('still open')), (BODY_S + SLACK_S) * 1000).unref();
            stream.on('response', (headers) => resolve(headers[':status']));
            stream.on('error', () => resolve('reset'));
            stream.on('close', () => resolve('closed'));
        });
        assert.ok(['reset', 'closed', 400, 408].includes(status), String(status));
        assert.ok(Date.now() - begun > 1000);
        session.destroy();
    });

    test('while everybody else is answered', async () => {
        for (let i = 0; i < 5; i++) {
            await othersAreServed();
            await new Promise((resolve) => setTimeout(resolve, 1000));
        }
    });
});

test('no more than 256 streams may be open on one connection', async () => {
    const session = http2.connect(`https://${HOST}:${server.port}`, credentials());
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    assert.equal(session.remoteSettings.maxConcurrentStreams, 256);
    session.destroy();
});

test('streams that are opened and reset at once end the connection, not the service', async () => {
    const session = http2.connect(`https://${HOST}:${server.port}`, credentials());
    session.on('error', () => {});
    let gone = false;
    session.on('close', () => {
        gone = true;
    });
    session.on('goaway', () => {
        gone = true;
    });
    const body = JSON.stringify(kycAsk(samples[0]));
    for (let i = 0; i < 20_000 && !gone; i++) {
        if (session.destroyed || session.closed) {
            break;
        }
        const stream = session.request({ ':method': 'POST', ':path': '/v1/lookup',
            'content-type': 'application/json' });
        stream.on('error', () => {});
        stream.write(body.slice(0, 5));
        stream.close(http2.constants.NGHTTP2_CANCEL);
        if (i % 100 === 99) {
            await new Promise((resolve) => setImmediate(resolve));
        }
    }
    session.destroy();
    await othersAreServed();
});

test('500 connections at once are all served', async () => {
    const clients = Array.from({ length: 500 }, () =>
        new Http2Client({ port: server.port, ...credentials() }));
    const answers = await Promise.all(clients.map((client, i) =>
        client.lookup(kycAsk(samples[i % 100]))));
    assert.deepEqual(tally(answers.map(codeOf)), { disclosed: 500 });
    clients.forEach((client) => client.destroy());
});

// What openssl's own client saw of a connection on which it asked for another handshake.
async function renegotiated(port, args) {
    const { status, stdout, stderr } = await run('openssl', ['s_client', '-connect', `${HOST}:${port}`,
        '-tls1_2', '-alpn', 'http/1.1', '-msg', ...args], { input: 'R\n', timeoutMs: 10_000 });
    const said = stdout + stderr;
    const count = (what) => said.match(what)?.length ?? 0;
    return { status, alerts: count(/^<<< .*Alert .*no_renegotiation/gm),
        asked: count(/^>>> .*ClientHello/gm), answered: count(/^<<< .*ServerHello$/gm) };
}

test('a second handshake over TLS 1.2 is refused by its alert, and nothing is negotiated', async () => {
    const beside = new Http1Client({ port: server.port, ...credentials(), maxVersion: 'TLSv1.2' });
    assert.equal(codeOf(await beside.lookup(kycAsk(samples[0]))), 'disclosed');
    const { certPath, keyPath } = demo.client('bank');
    for (const port of [server.port, server.publicPort]) {
        for (const args of [[], ['-legacy_renegotiation'], ['-cert', certPath, '-key', keyPath]]) {
            assert.deepEqual(await renegotiated(port, args),
                { status: 1, alerts: 1, asked: 2, answered: 1 }, `${port} ${args}`);
        }
    }
    assert.equal(codeOf(await beside.lookup(kycAsk(samples[1]))), 'disclosed');
    beside.destroy();
    await othersAreServed();
});

// The client's own certificate, and its authority's behind it until the message is so long, or would
// be longer. TLS 1.3 spends 5 bytes on each and 4 on all, 1.2 3 and 3.
function chainOf(bytesMax, { over, version }) {
    const der = (pem) => Buffer.from(pem.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64').length;
    const [each, all] = version === 'TLSv1.3' ? [5, 4] : [3, 3];
    const { cert } = demo.client('bank');
    const [authority] = demo.ca.toString().match(/-----BEGIN[^]+?-----END CERTIFICATE-----\n/);
    const own = all + each + der(cert);
    const count = Math.floor((bytesMax - own) / (each + der(authority))) + (over ? 1 : 0);
    return Buffer.concat([cert, Buffer.from(authority.repeat(count))]);
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`a chain of certificates over its ceiling ends the handshake, one below is read: ${version}`,
        async () => {
            const failed = async () => {
                const { families } = await scrape(server);
                return (families.get('dancu_tls_handshakes_failed_total') ?? [])
                    .reduce((sum, { value }) => sum + value, 0);
            };
            const before = await failed();
            const connect = (over) => new Http2Client({ port: server.port, ...credentials(),
                cert: chainOf(TLS_CHAIN_BYTES_MAX, { over, version }), maxVersion: version });
            const good = connect(false);
            assert.equal(codeOf(await good.lookup(kycAsk(samples[0]))), 'disclosed');
            for (let i = 0; i < 5; i++) {
                const long = connect(true);
                await assert.rejects(long.lookup(kycAsk(samples[0])), /illegal parameter|ended before/);
                long.destroy();
            }
            assert.equal(codeOf(await good.lookup(kycAsk(samples[1]))), 'disclosed');
            await good.close();
            await until('five handshakes are told to have failed', async () =>
                await failed() === before + 5);
            await othersAreServed();
        });
}

test('a client that takes none of its answers holds up nobody', async () => {
    const socket = await secure('h2');
    socket.pause();
    const session = http2.connect(`https://${HOST}:${server.port}`, {
        createConnection: () => socket, settings: { initialWindowSize: 0 },
    });
    session.on('error', () => {});
    for (let i = 0; i < 200; i++) {
        const stream = session.request({ ':method': 'POST', ':path': '/v1/lookup',
            'content-type': 'application/json' });
        stream.on('error', () => {});
        stream.end(JSON.stringify(kycAsk(samples[i % 100])));
    }
    await othersAreServed();
    session.destroy();
});

test('a client that goes away before its answer costs nothing but its record', async () => {
    for (let i = 0; i < 50; i++) {
        const session = http2.connect(`https://${HOST}:${server.port}`, credentials());
        session.on('error', () => {});
        const stream = session.request({ ':method': 'POST', ':path': '/v1/lookup',
            'content-type': 'application/json' });
        stream.on('error', () => {});
        stream.end(JSON.stringify(kycAsk(samples[i % 100])));
        setTimeout(() => session.destroy(), i % 20);
        await new Promise((resolve) => session.on('close', resolve));
    }
    await othersAreServed();
});

test('after all that the processes are those that were there at the start', async () => {
    assert.deepEqual((await server.processes()).map((row) => row.pid), pids);
});
