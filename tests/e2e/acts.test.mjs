// Acts are records (I8): parties, accounts, businesses, policy and imports; what they change holds
// over a restart, and each stands in the log.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kycAsk, subjectOf } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { root, run } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { addBusiness, addParty } from './lib/rights.mjs';
import { readEntries } from './lib/tree.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let samples;

before(async () => {
    demo = await demonstration('acts');
    server = await serve(demo);
    samples = demo.samples();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

async function asked(ask, name = 'bank') {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
    try {
        return await client.lookup(ask);
    } finally {
        await client.close();
    }
}

// Entries of the log as it is published after a clean stop.
async function entries() {
    const ledger = path.join(demo.home, 'ledger');
    const note = readFileSync(path.join(ledger, 'checkpoint'), 'utf8');
    const { size } = readCheckpoint(note, demo.vkey);
    const found = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return found.map((entry) => JSON.parse(entry.toString()));
}

async function restart() {
    assert.deepEqual(await server.stop(), { status: 0, signal: null });
    server = await serve(demo);
}

test('each act over the admin socket is told with its entry, and stands there', async () => {
    await addParty(demo, 'telecom');
    const said = await demo.act('business', 'add', '--code', 'T-TELECOM', '--party', 'telecom',
        '--purpose', 'x', '--legal-basis', 'x', '--services', 'citizen.lookup',
        '--channels', 'guided', '--fields', 'full_name', '--quota-day', '5');
    const added = Number(/entry (\d+)/.exec(said)[1]);
    await demo.act('business', 'grant', 'T-TELECOM');
    const ask = kycAsk(samples[0], { business: 'T-TELECOM', fields: ['full_name'] });
    assert.equal((await asked(ask, 'telecom')).status, 200);
    await restart();
    await server.stop();
    const log = await entries();
    assert.equal(log[added].outcome, 'business.add');
    assert.equal(log[added].kind, 'act');
    assert.equal(log[added + 1].outcome, 'business.grant');
    assert.ok(['home.init', 'policy.publish', 'import.chunk', 'party.add', 'account.add']
        .every((name) => log.some((entry) => entry.outcome === name)));
    server = await serve(demo);
    assert.equal((await asked(ask, 'telecom')).status, 200);
});

test('a refused act changes nothing, is told in words and ends with 1', async () => {
    for (const [args, words] of [
        [['party', 'add', '--code', 'bank', '--class', 'state', '--kind', 'x', '--name', 'x'],
            /there already/],
        [['business', 'grant', 'NV-BANK-KYC'], /state/],
        [['business', 'suspend', 'NV-NOBODY', '--reason', 'x'], /no business/],
        [['account', 'resume', 'bank', '--reason', 'x'], /state/],
        [['account', 'add', '--code', 'second', '--party', 'bank', '--channel', 'guided',
            '--cert', demo.client('bank').certPath], /certificate/],
    ]) {
        const { status, stderr } = await demo.dancu(args);
        assert.equal(status, 1, args.join(' '));
        assert.match(stderr, words);
    }
    assert.equal((await asked(kycAsk(samples[0]))).status, 200);
});

test('an act of wrong words ends with 2', async () => {
    for (const args of [['party', 'add', '--code', 'x'], ['party', 'paint'],
        ['party', 'add', '--code', 'x', '--class', 'clergy', '--kind', 'x', '--name', 'x'],
        ['business', 'add', '--nonsense'], ['account', 'suspend', 'bank'],
        ['party', 'add', '--code', 'a b', '--class', 'state', '--kind', 'x', '--name', 'x']]) {
        assert.equal((await demo.dancu(args)).status, 2, args.join(' '));
    }
});

test('quotas are exact over a restart, and over a kill of the core', async () => {
    await addBusiness(demo, 'T-SEVEN', 'bank', { quota: 7 });
    const ask = kycAsk(samples[1], { business: 'T-SEVEN' });
    for (let i = 0; i < 3; i++) {
        assert.equal((await asked(ask)).status, 200);
    }
    await restart();
    for (let i = 0; i < 2; i++) {
        assert.equal((await asked(ask)).status, 200);
    }
    process.kill((await server.process('core')).pid, 'SIGKILL');
    const codes = [];
    while (codes.length < 3) {
        const answer = await asked(ask).catch(() => ({ status: 503 }));
        if (answer.status !== 503) {
            codes.push(answer.json.code ?? 'disclosed');
        }
    }
    assert.deepEqual(codes, ['disclosed', 'disclosed', 'quota_exceeded']);
    await restart();
    assert.equal((await asked(ask)).json.code, 'quota_exceeded');
});

test('misses are remembered over a restart', async () => {
    const ask = kycAsk(samples[2], {
        subject: { ...subjectOf(samples[2]), name: 'Sai Tên Hoàn Toàn' },
    });
    for (let i = 0; i < 5; i++) {
        assert.equal((await asked(ask)).status, 404);
    }
    await restart();
    assert.equal((await asked(ask)).json.code, 'quota_exceeded');
    process.kill((await server.process('core')).pid, 'SIGKILL');
    let answer = { status: 503 };
    while (answer.status === 503) {
        answer = await asked(ask).catch(() => ({ status: 503 }));
    }
    assert.equal(answer.json.code, 'quota_exceeded');
});

describe('a policy', () => {
    test('that is published stands in every entry from then on, texts and all', async () => {
        const folder = path.join(demo.dir, 'policy');
        cpSync(path.join(root, 'policy'), folder, { recursive: true });
        const file = path.join(folder, 'refusals.yaml');
        const text = readFileSync(file, 'utf8');
        const changed = text.replace(/(code: business_not_granted[\s\S]*?title_en: ).*/,
            '$1Another title for a test');
        assert.notEqual(changed, text);
        writeFileSync(file, changed);
        const before = JSON.parse((await asked(kycAsk(samples[0]))).json.receipt.entry).policy;
        const checked = await demo.dancu(['policy', 'check', folder]);
        assert.equal(checked.status, 0, checked.stderr);
        const said = await demo.act('policy', 'publish', folder);
        const index = Number(/entry (\d+)/.exec(said)[1]);
        const { stdout } = await run('sh', ['-c', 'LC_ALL=C sha256sum *.yaml | sha256sum'],
            { cwd: folder });
        const hash = stdout.slice(0, 64);
        assert.notEqual(hash, before);
        const answer = await asked(kycAsk(samples[0]));
        assert.equal(JSON.parse(answer.json.receipt.entry).policy, hash);
        const refusal = async () => {
            const client = new Http2Client({ port: server.port, ca: demo.ca,
                ...demo.client('bank') });
            const found = await client.lookup(kycAsk(samples[0], { business: 'NV-NOBODY' }),
                { 'accept-language': 'en' });
            await client.close();
            return found.json.title;
        };
        assert.equal(await refusal(), 'Another title for a test');
        await restart();
        assert.equal(await refusal(), 'Another title for a test');
        await server.stop();
        assert.equal((await entries())[index].outcome, 'policy.publish');
        server = await serve(demo);
    });

    test('that opens what the law does not is not published', async () => {
        const folder = path.join(demo.dir, 'policy-open');
        cpSync(path.join(root, 'policy'), folder, { recursive: true });
        const file = path.join(folder, 'circular-2021.yaml');
        writeFileSync(file, readFileSync(file, 'utf8')
            .replace(/(class: state, channel: sms, open: )false/, '$1true'));
        for (const verb of ['check', 'publish']) {
            const { status, stderr } = await demo.dancu(['policy', verb, folder]);
            assert.equal(status, 1, stderr);
            assert.match(stderr, /circular-2021\.yaml:\d+:\d+|open_pairs/);
        }
    });

    test('that is malformed is refused with file, line and column', async () => {
        const folder = path.join(demo.dir, 'policy-bad');
        cpSync(path.join(root, 'policy'), folder, { recursive: true });
        const file = path.join(folder, 'circular-2021.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('class: citizen', 'class: clergy'));
        const { status, stderr } = await demo.dancu(['policy', 'check', folder]);
        assert.equal(status, 1);
        assert.match(stderr, /circular-2021\.yaml:\d+:\d+/);
    });
});

describe('an import', () => {
    const file = (name) => path.join(demo.dir, name);
    let people;

    before(async () => {
        await server.stop();
        people = [];
        for await (const person of demo.people()) {
            people.push(person);
            if (people.length === 20) {
                break;
            }
        }
    });
    after(async () => {
        server = await serve(demo);
    });

    const imported = (name) => demo.dancu(['registry', 'import', file(name)]);
    const write = (name, lines) => writeFileSync(file(name), lines.map((line) =>
        `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    const full = (person) => ({ ...person, protected: false, locked: false });
    const someone = (i) => ({
        ...full(samples[i]), id: `07909099${String(9000 + i).slice(-4)}`, cmnd: null,
        full_name: `Người Mới ${'ABCDEFGHIJ'[i]}`, birth_date: '1990-01-02', sex: '1',
        household: null, relatives: null,
    });

    test('of what is there already changes nothing', async () => {
        write('again.ndjson', people);
        const { status, stdout, stderr } = await imported('again.ndjson');
        assert.equal(status, 0, stderr);
        assert.match(stdout + stderr, /20 unchanged|unchanged[=: ]+20/);
    });

    test('with bad lines loads the good ones, and tells the bad by line, column and reason',
        async () => {
            const bad = [
                '{"id":"079090999999"',
                { ...someone(1), id: '12345' },
                'Nguyễn-Bí-Mật',
                { ...someone(2), birth_date: '1990-13-01' },
                { ...someone(3), nickname: 'Bí-Mật' },
                { ...someone(4), sex: 1 },
                '',
                '[]',
            ];
            write('mixed.ndjson', [someone(0), ...bad, someone(5)]);
            const { status, stdout, stderr } = await imported('mixed.ndjson');
            assert.equal(status, 1);
            const said = stdout + stderr;
            for (const line of [2, 3, 4, 5, 6, 7, 9]) {
                assert.match(said, new RegExp(`(^|[^0-9])${line}[:,] ?\\d*`, 'm'),
                    `line ${line} in: ${said}`);
            }
            assert.ok(!said.includes('Bí-Mật') && !said.includes('12345'), said);
            assert.ok(!said.includes('Người Mới'), said);
            server = await serve(demo);
            for (const person of [someone(0), someone(5)]) {
                const answer = await asked(kycAsk(person, { fields: ['full_name'] }));
                assert.equal(answer.json.person?.full_name, person.full_name, answer.text);
            }
            const missing = await asked(kycAsk(someone(4), { fields: ['full_name'] }));
            assert.equal(missing.status, 404);
            await server.stop();
        });

    test('a second time changes nothing', async () => {
        write('new.ndjson', [someone(6), someone(7)]);
        const first = await imported('new.ndjson');
        assert.equal(first.status, 0, first.stderr);
        const second = await imported('new.ndjson');
        assert.equal(second.status, 0, second.stderr);
        assert.match(second.stdout + second.stderr, /2 unchanged|unchanged[=: ]+2/);
    });

    test('of a changed person is what the next look-up gives', async () => {
        const person = { ...someone(6), full_name: 'Người Đổi Tên' };
        write('changed.ndjson', [person]);
        assert.equal((await imported('changed.ndjson')).status, 0);
        server = await serve(demo);
        const answer = await asked(kycAsk(person, { fields: ['full_name'] }));
        assert.equal(answer.json.person?.full_name, 'Người Đổi Tên', answer.text);
        assert.equal((await asked(kycAsk(someone(6)))).status, 404);
        await server.stop();
    });

    test('reads standard input', async () => {
        const { status, stderr } = await demo.dancu(['registry', 'import', '-'],
            { input: `${JSON.stringify(someone(8))}\n` });
        assert.equal(status, 0, stderr);
    });

    test('of a file that is not there ends with 1, of no words with 2', async () => {
        assert.equal((await imported('nowhere.ndjson')).status, 1);
        assert.equal((await demo.dancu(['registry', 'import'])).status, 2);
        assert.equal((await demo.dancu(['registry'])).status, 2);
    });

    test('is an act in the log', async () => {
        const log = await entries();
        assert.ok(log.filter((entry) => entry.outcome === 'import.chunk').length >= 5);
    });
});
