// The public listener: the log as anybody may read it, the page, health.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyAnswer } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { readBundle, readEntries, rootOf, tilePath, tilesOf, Tree, leafHash } from './lib/tree.mjs';
import { serve } from './lib/server.mjs';

const ASKS = 1500; // several full tiles
let demo;
let server;
let samples;
let visitor; // has no certificate
const kept = []; // verified answers: entry, index, checkpoint

before(async () => {
    demo = await demonstration('log', { persons: 100_000 });
    server = await serve(demo);
    samples = demo.samples();
    visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const answers = await flood(ASKS, 100, async (i) => {
        const ask = kycAsk(samples[i % 100]);
        return [ask, await client.lookup(ask)];
    });
    for (const [ask, answer] of answers) {
        const verified = verifyAnswer(answer, ask, demo.vkey, { party: 'bank', account: 'bank' });
        kept.push({ ...verified, entry: answer.json.receipt.entry });
    }
    await client.close();
});
after(async () => {
    await visitor?.close();
    await server?.stop();
    demo?.remove();
});

const fetched = async (name) => {
    const answer = await visitor.get(`/ledger/${name}`);
    assert.equal(answer.status, 200, `${name}: ${answer.status}`);
    return answer.bytes;
};

async function checkpointOf(size) {
    return until(`a published checkpoint of at least ${size}`, async () => {
        const found = readCheckpoint((await fetched('checkpoint')).toString(), demo.vkey);
        return found.size >= size && found;
    });
}

const lastSize = () => Math.max(...kept.map((one) => one.checkpoint.size));

test('within two seconds of the last answer the published checkpoint covers it', async () => {
    const begun = Date.now();
    await checkpointOf(lastSize());
    assert.ok(Date.now() - begun < 2000);
});

test("the root of all entries, as fetched, is the checkpoint's root", async () => {
    const checkpoint = await checkpointOf(lastSize());
    const entries = await readEntries(fetched, checkpoint.size);
    assert.equal(entries.length, checkpoint.size);
    assert.deepEqual(rootOf(entries), checkpoint.root);
});

test('every answered ask stands at its index, and every receipt\'s checkpoint is of this log',
    async () => {
        const checkpoint = await checkpointOf(lastSize());
        const entries = await readEntries(fetched, checkpoint.size);
        const roots = new Map(kept.map((one) => [one.checkpoint.size, one.checkpoint.root]));
        const tree = new Tree();
        for (const entry of entries) {
            tree.add(leafHash(entry));
            if (roots.has(tree.size)) {
                assert.deepEqual(tree.root(), roots.get(tree.size), `size ${tree.size}`);
                roots.delete(tree.size);
            }
        }
        assert.equal(roots.size, 0);
        for (const { entry, index } of kept) {
            assert.equal(entries[index].toString(), entry);
        }
        assert.equal(new Set(kept.map((one) => one.index)).size, ASKS);
    });

test('every hash tile is what the entries make it', async () => {
    const checkpoint = await checkpointOf(lastSize());
    const leaves = (await readEntries(fetched, checkpoint.size)).map(leafHash);
    for (const [number, width] of tilesOf(checkpoint.size)) {
        const tile = await fetched(tilePath(0, number, width));
        assert.deepEqual(tile, Buffer.concat(leaves.slice(number * 256, number * 256 + width)));
    }
    for (const [number, width] of tilesOf(checkpoint.size, 1)) {
        const tile = await fetched(tilePath(1, number, width));
        for (let i = 0; i < width; i++) {
            const part = new Tree();
            const from = (number * 256 + i) * 256;
            leaves.slice(from, from + 256).forEach((leaf) => part.add(leaf));
            assert.deepEqual(tile.subarray(i * 32, i * 32 + 32), part.root());
        }
    }
});

test('partial tiles of every width that a receipt implies can be had, full tiles at any width',
    async () => {
        await checkpointOf(lastSize());
        for (const size of new Set(kept.map((one) => one.checkpoint.size))) {
            const number = Math.floor(size / 256);
            const width = size % 256;
            if (width === 0) {
                continue;
            }
            const entries = readBundle(await fetched(tilePath('entries', number, width)), width);
            const tile = await fetched(tilePath(0, number, width));
            assert.deepEqual(tile, Buffer.concat(entries.map(leafHash)));
        }
        for (const width of [1, 2, 100, 255]) {
            assert.equal((await fetched(tilePath(0, 0, width))).length, 32 * width);
        }
    });

test('what the log does not have, or what is no path of it, is not_found', async () => {
    for (const name of ['tile/0/999', 'tile/0/000.p/256', 'tile/0/000.p/0', 'tile/0/000.p/01',
        'tile/0/0', 'tile/00/000', 'tile/64/000', 'tile/entries/000.p/', 'tile/0/x000/000', '',
        'tile', 'checkpoint/', '../commit/0000000000.seg', '%2e%2e/commit', 'tile/0/000/',
        'tile/entries/999', 'tile/7/000', 'Checkpoint', 'tile/0/-01']) {
        for (const kind of protocols) {
            const client = new kind({ port: server.publicPort, ca: demo.ca });
            const answer = await client.off.get(`/ledger/${name}`);
            assert.ok([404, 400].includes(answer.status), `${name}: ${answer.status}`);
            await client.close();
        }
    }
});

test('full tiles may be kept for ever, the checkpoint must be asked for again', async () => {
    const full = await visitor.get(`/ledger/${tilePath(0, 0)}`);
    assert.match(full.headers['cache-control'], /immutable/);
    assert.match(full.headers['cache-control'], /max-age=(\d{7,})/);
    const checkpoint = await visitor.get('/ledger/checkpoint');
    assert.match(checkpoint.headers['cache-control'], /no-cache|no-store|max-age=[0-9]\b/);
    assert.match(checkpoint.headers['content-type'], /^text\/plain/);
    assert.match(full.headers['content-type'], /^application\/octet-stream/);
});

test('entries tell kind, class, channel, service, outcome, minute and policy, and nothing else',
    async () => {
        const checkpoint = await checkpointOf(lastSize());
        const entries = (await readEntries(fetched, checkpoint.size)).map((one) =>
            JSON.parse(one.toString()));
        const shapes = tally(entries.map((one) => Object.keys(one).join()));
        assert.equal(Object.keys(shapes).length, 1);
        const counts = tally(entries.map((one) => `${one.kind} ${one._sd.length}`));
        assert.equal(Object.keys(counts).length, new Set(entries.map((one) => one.kind)).size,
            `digests by kind: ${JSON.stringify(counts)}`);
        for (const act of entries.filter((one) => one.kind === 'act')) {
            assert.deepEqual([act.class, act.channel, act.service], [null, null, null]);
        }
    });

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        let client;
        before(() => {
            client = new kind({ port: server.publicPort, ca: demo.ca });
        });
        after(() => client.close());

        test('/healthz is 200', async () => {
            assert.equal((await client.get('/healthz')).status, 200);
        });

        test('the page is there, in Vietnamese first', async () => {
            const answer = await client.get('/');
            assert.equal(answer.status, 200);
            assert.match(answer.headers['content-type'], /^text\/html; ?charset=utf-8/i);
            assert.match(answer.text, /<html lang="vi"/);
            assert.ok(answer.headers['content-security-policy']);
            assert.ok(answer.headers['x-content-type-options'] === 'nosniff');
        });

        test('HEAD gives the same head as GET and no body', async () => {
            for (const address of ['/', '/ledger/checkpoint', '/healthz']) {
                const [head, get] = [await client.request({ method: 'HEAD', path: address }),
                    await client.get(address)];
                assert.equal(head.status, get.status);
                assert.equal(head.text, '');
                assert.equal(head.headers['content-type'], get.headers['content-type']);
            }
        });

        test('nobody is asked for data here', async () => {
            const answer = await client.off.post('/v1/lookup', kycAsk(samples[0]));
            assert.ok([404, 405].includes(answer.status));
        });

        test('POST to the log is refused', async () => {
            const answer = await client.off.post('/ledger/checkpoint', '{}');
            assert.equal(answer.status, 405);
            assert.match(answer.headers.allow, /GET/);
        });
    });
}

test('what is served is what stands in home/ledger', async () => {
    await checkpointOf(lastSize());
    const file = readFileSync(path.join(demo.home, 'ledger', tilePath('entries', 1)));
    assert.deepEqual(await fetched(tilePath('entries', 1)), file);
});

test('reading the log hinders no ask', async () => {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const reading = flood(300, 50, () => visitor.get(`/ledger/${tilePath('entries', 0)}`));
    const answers = await flood(100, 20, (i) => client.lookup(kycAsk(samples[i])));
    assert.deepEqual(tally(answers.map(codeOf)), { disclosed: 100 });
    await reading;
    await client.close();
});
