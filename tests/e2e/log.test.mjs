// The public listener: the log as anybody may read it, the page, health.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyAnswer } from './lib/answer.mjs';
import { kycAsk, residenceAsk } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { figuresOf, fileServer } from './lib/figures.mjs';
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

describe('`dancu ledger figures`', () => {
    const served = () => ['--url', `https://localhost:${server.publicPort}/ledger`, '--cacert',
        path.join(demo.dir, 'ca.pem')];
    const figures = (...args) =>
        demo.dancu(['ledger', 'figures', '--vkey', demo.vkeyFile, ...args]);
    const told = async (...args) => {
        const { status, stdout, stderr } = await figures(...args, '--json');
        assert.equal(status, 0, stderr);
        return JSON.parse(stdout);
    };
    const tls = () => ({
        cert: readFileSync(path.join(demo.tls, 'cert.pem')),
        key: readFileSync(path.join(demo.tls, 'key.pem')),
    });
    const ledgerFile = (name) => readFileSync(path.join(demo.home, 'ledger', name));

    before(async () => {
        const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const hcm = new Http2Client({ port: server.port, ca: demo.ca,
            ...demo.client('hcm-onestop') });
        const others = [
            await bank.lookup(kycAsk(samples[0], { business: 'NV-HCM-RESIDENCE' })),
            await bank.lookup(kycAsk(samples[0], { case: '' })),
            await bank.lookup(kycAsk({ ...samples[0], birth_date: '1900-01-01' })),
            await hcm.lookup(residenceAsk(samples.find((one) =>
                one.permanent_residence?.province === '79'))),
        ];
        assert.equal(new Set(others.map(codeOf)).size, 4);
        kept.push({ checkpoint: readCheckpoint(others[3].json.receipt.proof.split('\n\n')
            .slice(1).join('\n\n'), demo.vkey) });
        await Promise.all([bank.close(), hcm.close()]);
        await checkpointOf(lastSize());
    });

    test('are, over the wire and from the folder, what another reader counts', async () => {
        const overWire = await told(...served());
        const entries = await readEntries(fetched, overWire.size);
        const expected = figuresOf(entries);
        assert.deepEqual(overWire.figures, expected);
        assert.ok(expected.length >= 6, JSON.stringify(expected));
        assert.equal(overWire.root, rootOf(entries).toString('base64'));
        assert.deepEqual(await told('--dir', path.join(demo.home, 'ledger')), overWire);
        assert.equal(overWire.entries, overWire.size);
        const [{ month }] = expected;
        const part = await told('--month', month, ...served());
        assert.deepEqual(part.figures, expected.filter((line) => line.month === month));
        assert.equal((await told('--month', '2001-01', ...served())).entries, 0);
    });

    test('are a table for people', async () => {
        const { status, stdout } = await figures('--dir', path.join(demo.home, 'ledger'));
        assert.equal(status, 0);
        assert.match(stdout, /^month +kind +class +channel +service +outcome +count$/m);
        assert.match(stdout, /organisation +guided +citizen\.lookup +disclosed +1[56]\d\d$/m);
    });

    test('are not told by a server that another authority has vouched for', async () => {
        const [, url] = served();
        const { status, stderr } = await figures('--url', url);
        assert.equal(status, 1, stderr);
        assert.match(stderr, /certificate/);
    });

    test('are fetched anew when a server ends each connection', async () => {
        const odd = await fileServer(tls(), (response, name) => {
            response.setHeader('connection', 'close');
            response.end(ledgerFile(name));
        });
        const { size } = await told('--url', odd.url, '--cacert', path.join(demo.dir, 'ca.pem'));
        assert.ok(size > ASKS);
        odd.close();
    });

    const wrong = [
        ['has no such log', 1, (response) => response.writeHead(404).end('none')],
        ['is out of order', 1, (response) => response.writeHead(500).end('oh')],
        ['does not tell lengths', 1, (response) => response.write('a') && response.end('b')],
        ['tells more than a length can be', 1, (response) => {
            response.setHeader('content-length', '99999999');
            response.end();
        }],
        ['ends in the middle', 1, (response, name) => {
            response.setHeader('content-length', '5000');
            response.write('five');
            setTimeout(() => response.destroy(), 10);
        }],
        ['has changed an entry', 1, (response, name) => {
            const bytes = ledgerFile(name);
            const at = bytes.indexOf('"disclosed"');
            if (at > 0) {
                bytes.write('"disclosee"', at);
            }
            response.end(bytes);
        }],
        ['leaves out a bundle', 1, (response, name, number) => (number > 3
            ? response.writeHead(404).end() : response.end(ledgerFile(name)))],
    ];
    for (const [what, exit, answer] of wrong) {
        test(`are not told from a server that ${what}`, async () => {
            const odd = await fileServer(tls(), answer);
            const { status, stdout, stderr } = await figures('--url', odd.url, '--cacert',
                path.join(demo.dir, 'ca.pem'));
            odd.close();
            assert.deepEqual([status, stdout], [exit, ''], stderr);
            assert.match(stderr, /^dancu: ledger figures: \S/);
        });
    }

    test('with wrong words are usage', async () => {
        const folder = path.join(demo.home, 'ledger');
        for (const words of [[], ['--dir', folder, ...served()], ['--url', 'http://localhost'],
            ['--url', 'https://'], ['--url', 'https://a b'], ['--dir', folder, '--cacert', 'x'],
            ['--dir', folder, '--month', '2026-13'], ['--url', 'https://localhost:1', '--cacert',
                '/nonexistent']]) {
            assert.equal((await figures(...words)).status, 2, words.join(' '));
        }
        assert.equal((await figures('--dir', '/nonexistent')).status, 1);
        assert.equal((await figures('--url', 'https://localhost:1')).status, 1);
    });
});
