// `/metrics`: what it counts is what was asked, nobody else sees it, and it tells about nobody.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { kycAsk, subjectOf } from './lib/asks.mjs';
import { Http1Client, Http2Client, raw } from './lib/client.mjs';
import { has, root, run, sleep, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { scrape } from './lib/metrics.mjs';
import { serve } from './lib/server.mjs';

const EDGE = 'edge 1';
let demo;
let server;
let samples;

before(async () => {
    demo = await demonstration('metrics');
    samples = demo.samples();
    server = await serve(demo, { edges: 1 });
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const client = (name, kind = Http2Client) =>
    new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

// Differences between two scrapes, of all samples that moved and are no time and no gauge.
function moved(before, after) {
    const found = {};
    for (const [key, value] of after.samples) {
        const name = key.replace(/\{.*/, '');
        const difference = value - (before.samples.get(key) ?? 0);
        if (difference !== 0 && after.types.get(name) !== 'gauge' && !/_sum|_bucket/.test(name)) {
            found[key] = difference;
        }
    }
    return found;
}

// The first scrape that has the edge's figures.
const begun = () => until('the edge tells', async () => {
    const found = await scrape(server);
    return found.of(`dancu_http_requests_total{process="${EDGE}"}`) !== undefined && found;
});

// What moved, once it is as expected or has had its time, and still a second later.
async function settled(start, expected) {
    await until('the counts have moved', async () =>
        isDeepStrictEqual(moved(start, await scrape(server)), expected), { timeoutMs: 6000 })
        .catch(() => {});
    await sleep(1100);
    return moved(start, await scrape(server));
}

test('counts move exactly by what was asked, over both protocols', async () => {
    const start = await begun();
    const h2 = client('bank');
    const h1 = client('bank', Http1Client);
    for (let i = 0; i < 7; i++) {
        assert.equal((await h2.lookup(kycAsk(samples[i]))).status, 200);
    }
    for (let i = 0; i < 3; i++) {
        const subject = { ...subjectOf(samples[i]), name: 'Trần Thị Không' };
        assert.equal((await h1.lookup(kycAsk(samples[i], { subject }))).status, 404);
    }
    assert.equal((await h1.lookup(kycAsk(samples[0], { business: 'NV-NOBODY' }))).status, 403);
    assert.equal((await h2.lookup({})).status, 400);
    assert.equal((await h2.off.get('/nowhere')).status, 404);
    const stranger = new Http2Client({ port: server.port, ca: demo.ca });
    assert.equal((await stranger.lookup(kycAsk(samples[0]))).status, 401);
    await raw({ port: server.port, ca: demo.ca, ...demo.client('bank') }, 'nonsense\r\n\r\n');
    await Promise.all([h2.close(), h1.close(), stranger.close()]);
    const of = (name, rest) => `${name}{process="${EDGE}"${rest ? `,${rest}` : ''}}`;
    const expected = {
        'dancu_asks_total{outcome="disclosed"}': 7,
        'dancu_asks_total{outcome="subject_not_available"}': 3,
        'dancu_asks_total{outcome="business_not_granted"}': 1,
        dancu_batch_asks_count: 11,
        dancu_batch_duration_seconds_count: 11,
        dancu_ledger_sync_duration_seconds_count: 11,
        [of('dancu_answers_total', 'code="disclosed"')]: 7,
        [of('dancu_answers_total', 'code="subject_not_available"')]: 3,
        [of('dancu_answers_total', 'code="business_not_granted"')]: 1,
        [of('dancu_answers_total', 'code="bad_request"')]: 2,
        [of('dancu_answers_total', 'code="not_found"')]: 1,
        [of('dancu_answers_total', 'code="unauthenticated"')]: 1,
        [of('dancu_ask_duration_seconds_count')]: 11,
        [of('dancu_connections_accepted_total')]: 4,
        [of('dancu_tls_handshakes_total')]: 4,
        [of('dancu_http_requests_total')]: 15,
        [of('dancu_http_responses_total', 'status="2xx"')]: 7,
        [of('dancu_http_responses_total', 'status="4xx"')]: 8,
        [of('dancu_http_limited_total', 'why="malformed"')]: 2,
    };
    assert.deepEqual(await settled(start, expected), expected);
});

test("Prometheus' own checker finds no fault, where it is there", async (t) => {
    const { text } = await scrape(server);
    if (!has('promtool') && !existsSync(path.join(root, 'build/promtool/usr/bin/promtool'))) {
        t.skip('no promtool here: `tools/promtool` fetches it; the format was read by our own reader');
        return;
    }
    const found = await run(path.join(root, 'tools/promtool'), ['check', 'metrics'], { input: text });
    assert.equal(found.status, 0, found.stdout + found.stderr);
    assert.equal(found.stdout + found.stderr, '');
});

test('no word of it is about a person, a party, an account, a business or a case', async () => {
    const { text, families } = await scrape(server);
    const secrets = ['bank', 'notary', 'NV-', 'HS-2026', ...samples.slice(0, 50).flatMap((person) =>
        [person.id, person.full_name])];
    for (const secret of secrets) {
        assert.ok(!text.includes(secret), secret);
    }
    const labels = new Set([...families.values()].flat().flatMap((sample) =>
        Object.keys(sample.labels)));
    assert.deepEqual([...labels].sort(), ['code', 'direction', 'kind', 'le', 'outcome', 'pass',
        'process', 'result', 'state', 'status', 'version', 'why']);
});

const connects = (host, port) => new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 2000 });
    const done = (connected) => () => {
        socket.destroy();
        resolve(connected);
    };
    socket.on('connect', done(true));
    socket.on('error', done(false));
    socket.on('timeout', done(false));
});

test('it listens on 127.0.0.1 alone, and on the other ports where it was told to', async (t) => {
    const other = Object.values(os.networkInterfaces()).flat().find((place) =>
        place.family === 'IPv4' && !place.internal)?.address;
    const wide = await serve(await demonstration('metrics-wide'), { address: '0.0.0.0' });
    try {
        assert.ok(await connects('127.0.0.1', wide.port + 3));
        assert.ok(!await connects('127.0.0.2', wide.port + 3));
        assert.ok(await connects('127.0.0.2', wide.port), 'the machine listener is everywhere');
        if (other === undefined) {
            t.diagnostic('this machine has no address but its own');
        } else {
            assert.ok(!await connects(other, wide.port + 3));
        }
    } finally {
        await wide.stop();
        wide.demo.remove();
    }
});

test('who connects and says nothing keeps nobody from scraping', async () => {
    const idle = [];
    for (let i = 0; i < 40; i++) {
        const socket = net.connect(server.port + 3, '127.0.0.1');
        socket.on('error', () => {});
        idle.push(socket);
    }
    for (let i = 0; i < 5; i++) {
        await scrape(server);
    }
    for (const socket of idle) {
        socket.destroy();
    }
    assert.equal((await server.process('metrics')).restarts, 0);
});

test('killed, it comes back with the same counts; asks go on meanwhile', async () => {
    const start = await scrape(server);
    const { pid } = await server.process('metrics');
    process.kill(pid, 'SIGKILL');
    const bank = client('bank');
    assert.equal((await bank.lookup(kycAsk(samples[0]))).status, 200);
    await bank.close();
    await until('another serves', async () => {
        const row = await server.process('metrics');
        return row.pid !== 0 && row.pid !== pid && row.state === 'serving';
    });
    const again = await until('it shows what was asked', async () => {
        const found = await scrape(server);
        return found.of('dancu_asks_total{outcome="disclosed"}') ===
            start.of('dancu_asks_total{outcome="disclosed"}') + 1 &&
            found.of('dancu_process_restarts_total{process="metrics"}') === 1 && found;
    });
    assert.equal(again.of('dancu_process_restarts_total{process="core"}'), 0);
});

test("a core that is killed shows as down, then its successor's figures from zero", async () => {
    const { pid } = await server.process('core');
    process.kill(pid, 'SIGKILL');
    const found = await until('the next core tells', async () => {
        const now = await scrape(server);
        return now.of('dancu_process_restarts_total{process="core"}') === 1 &&
            now.of('dancu_core_up') === 1 &&
            now.of('dancu_asks_total{outcome="disclosed"}') === 0 &&
            now.of(`dancu_answers_total{process="${EDGE}",code="disclosed"}`) > 0 && now;
    });
    assert.equal(found.of('dancu_ledger_writable'), 1);
    assert.ok(found.of('dancu_ledger_replayed_entries') > 0);
});

test('memory and pids are those of `dancu ps`', async () => {
    const { of } = await scrape(server);
    for (const row of await server.processes()) {
        const bytes = of(`dancu_process_resident_bytes{process="${row.process}"}`);
        assert.ok(Math.abs(bytes - row.resident_bytes) < 8 << 20, `${row.process}: ${bytes}`);
        assert.equal(of(`dancu_process_serving{process="${row.process}"}`), 1);
        assert.equal(of(`dancu_process_restarts_total{process="${row.process}"}`), row.restarts);
    }
});
