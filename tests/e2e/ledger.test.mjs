// The ledger at rest: whole, it is accepted by us and by strangers; damaged anywhere, it is refused
// and the place is named.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { root, run } from './lib/command.mjs';
import { filesBelow, flip } from './lib/damage.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { serve } from './lib/server.mjs';

const ASKS = 2000;
let demo;
let ledger;
let receipt;

before(async () => {
    demo = await demonstration('ledger');
    ledger = path.join(demo.home, 'ledger');
    const server = await serve(demo);
    const samples = demo.samples();
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const answers = await flood(ASKS, 100, (i) => client.lookup(kycAsk(samples[i % 100])));
    assert.deepEqual(tally(answers.map(codeOf)), { disclosed: ASKS });
    receipt = answers.at(-1).json.receipt;
    await client.close();
    const how = await server.stop();
    assert.deepEqual(how, { status: 0, signal: null });
});
after(() => demo?.remove());

const verify = () => demo.dancu(['ledger', 'verify']);
const verifyPublic = () => demo.dancu(['ledger', 'verify', '--dir', ledger,
    '--vkey', demo.vkeyFile]);
const published = () =>
    readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);

test('after a clean stop the published checkpoint covers every answer', () => {
    const acts = published().size - ASKS;
    assert.ok(acts > 0 && acts < 1000, `${acts} acts before`);
});

test('`dancu ledger verify` accepts it, with the keys and from the public side alone', async () => {
    for (const { status, stderr } of [await verify(), await verifyPublic()]) {
        assert.equal(status, 0, stderr);
    }
});

test('`dancu ledger show` shows acts and disclosures to who holds the keys', async () => {
    const { status, stdout, stderr } = await demo.dancu(['ledger', 'show', '--json']);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.length > 0);
});

test('wrong words are usage', async () => {
    assert.equal((await demo.dancu(['ledger', 'nonsense'])).status, 2);
    assert.equal((await demo.dancu(['ledger', 'verify', '--dir', ledger])).status, 2);
});

describe('with one bit changed', () => {
    const places = () => [
        ...filesBelow(ledger, /^tile\/0\/00[0-7]$/).slice(0, 2).flatMap((name) =>
            [[`ledger/${name}`, 0], [`ledger/${name}`, -1]]),
        ...filesBelow(ledger, /^tile\/0\/.*\.p\//).slice(-1).map((name) => [`ledger/${name}`, -1]),
        ...filesBelow(ledger, /^tile\/1\//).slice(-1).map((name) => [`ledger/${name}`, 5]),
        ...filesBelow(ledger, /^tile\/entries\//).slice(0, 2).flatMap((name) =>
            [[`ledger/${name}`, 1], [`ledger/${name}`, 300], [`ledger/${name}`, -1]]),
        ...filesBelow(ledger, /^tile\/entries\/.*\.p\//).slice(-1).map((name) =>
            [`ledger/${name}`, 40]),
        ['ledger/checkpoint', 3], ['ledger/checkpoint', 20], ['ledger/checkpoint', -10],
    ];

    test('a tile, a bundle or the checkpoint is refused and named, on both sides', async () => {
        const list = places();
        assert.ok(list.length >= 10);
        for (const [name, offset] of list) {
            const file = path.join(demo.home, name);
            flip(file, offset);
            for (const { status, stdout, stderr } of [await verify(), await verifyPublic()]) {
                const said = stdout + stderr;
                assert.equal(status, 1, `${name} at ${offset}: ${said}`);
                const short = name.replace(/^ledger\//, '');
                const bundle = short.replace('tile/entries', 'tile/0');
                assert.ok(said.includes(short) || said.includes(bundle) ||
                    said.includes(path.basename(short)), `${name} at ${offset} is named in: ${said}`);
            }
            flip(file, offset);
        }
        assert.equal((await verify()).status, 0);
    });

    test('a commit-log segment is refused and named, wherever in its records', async () => {
        const segments = filesBelow(path.join(demo.home, 'commit'), /\.seg$/);
        assert.ok(segments.length > 0);
        const [name] = segments;
        for (const offset of [0, 9, 64, 500, 5_000, 100_000, 1_000_000]) {
            const file = path.join(demo.home, 'commit', name);
            flip(file, offset);
            const { status, stdout, stderr } = await verify();
            flip(file, offset);
            assert.equal(status, 1, `${name} at ${offset}: ${stdout}${stderr}`);
            assert.ok((stdout + stderr).includes(name), `${name} at ${offset}: ${stdout}${stderr}`);
        }
        assert.equal((await verify()).status, 0);
    });

    // The server's own words when it does not start; empty when it does.
    async function startSays() {
        try {
            const server = await serve(demo);
            await server.stop();
            return '';
        } catch (error) {
            return error.message;
        }
    }

    test('the end of the commit log keeps the server from starting, and it says why', async () => {
        const name = filesBelow(path.join(demo.home, 'commit'), /\.seg$/).at(-1);
        const file = path.join(demo.home, 'commit', name);
        const bytes = readFileSync(file);
        let last = bytes.length - 1;
        while (bytes[last] === 0) {
            last--;
        }
        flip(file, last - 100);
        const said = await startSays();
        flip(file, last - 100);
        assert.match(said, /core-refuses/);
        assert.ok(said.includes(name) || /checkpoint/.test(said), said);
        assert.equal((await verify()).status, 0);
        assert.equal(await startSays(), '');
    });

    test('the middle of the commit log is found when all of it is read again', async () => {
        const [name] = filesBelow(path.join(demo.home, 'commit'), /\.seg$/);
        const file = path.join(demo.home, 'commit', name);
        const derived = path.join(demo.home, 'derived');
        const kept = filesBelow(derived).map((one) => [one, readFileSync(path.join(derived, one))]);
        kept.forEach(([one]) => rmSync(path.join(derived, one)));
        flip(file, 1_000_000);
        const said = await startSays();
        flip(file, 1_000_000);
        kept.forEach(([one, bytes]) => writeFileSync(path.join(derived, one), bytes));
        assert.match(said, /core-refuses/);
        assert.ok(said.includes(name), said);
        assert.equal((await verify()).status, 0);
        assert.equal(await startSays(), '');
    });
});

test('a published checkpoint that is older than the commit log is published again', async () => {
    const file = path.join(ledger, 'checkpoint');
    const good = readFileSync(file);
    writeFileSync(file, receipt.proof.slice(receipt.proof.indexOf('\n\n') + 2));
    const server = await serve(demo);
    await server.stop();
    assert.ok(published().size >= readCheckpoint(good.toString(), demo.vkey).size);
    assert.equal((await verify()).status, 0);
});

test('tiles that were lost are made again from the commit log', async () => {
    const before = published();
    rmSync(path.join(ledger, 'tile'), { recursive: true });
    for (const name of filesBelow(path.join(demo.home, 'derived'))) {
        rmSync(path.join(demo.home, 'derived', name));
    }
    const server = await serve(demo).catch((error) => error);
    assert.ok(!(server instanceof Error), server.message);
    await server.stop();
    const { status, stdout, stderr } = await verify();
    assert.equal(status, 0, stdout + stderr);
    assert.ok(published().size >= before.size);
});

describe("a stranger's auditor", () => {
    const source = path.join(root, '../shared/tools/tlogcheck');
    let program;

    before(async () => {
        if (existsSync(source)) {
            const built = await run(path.join(root, 'tools/build-tlogcheck'), []);
            program = built.status === 0 ? built.stdout.trim() : undefined;
        }
    });

    const check = (...more) => run(program, ['-dir', ledger, '-vkey', `@${demo.vkeyFile}`, '-strict',
        ...more]);

    test('accepts the log and a receipt, and refuses both with a bit changed', async (t) => {
        if (program === undefined) {
            t.skip('../shared/tools/tlogcheck cannot be built here');
            return;
        }
        const file = path.join(demo.dir, 'receipt.tlog-proof');
        writeFileSync(file, receipt.proof);
        const good = await check('-proof', file);
        assert.equal(good.status, 0, good.stdout + good.stderr);
        assert.match(good.stdout, /tlogcheck: OK/);
        for (const [name, offset] of [['tile/entries/001', 200], ['tile/0/001', 7],
            ['checkpoint', 25]]) {
            flip(path.join(ledger, name), offset);
            const bad = await check('-proof', file);
            flip(path.join(ledger, name), offset);
            assert.equal(bad.status, 1, `${name}: ${bad.stdout}`);
            assert.match(bad.stdout + bad.stderr, /FAIL/);
        }
    });
});
