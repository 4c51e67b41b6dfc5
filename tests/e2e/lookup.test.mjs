// A look-up from the ask to what a stranger can verify about its answer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyAnswer } from './lib/answer.mjs';
import {
    granted, KYC_FIELDS, kycAsk, RESIDENCE_FIELDS, residenceAsk, subjectOf,
} from './lib/asks.mjs';
import { base64url, canonical, sha256 } from './lib/canonical.mjs';
import { curl, Http1Client, Http2Client, protocols } from './lib/client.mjs';
import { binary, root, run } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { readProof, verifyProof } from './lib/note.mjs';
import { openBySdJwt, verifyBySigstore } from './lib/readers.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let samples;
const bank = { party: 'bank', account: 'bank' };
const hcm = { party: 'hcm-onestop', account: 'hcm-onestop' };

before(async () => {
    demo = await demonstration('lookup');
    server = await serve(demo);
    samples = demo.samples();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, name) =>
    new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

test('the demonstration has 100 samples, 50 of them in province 79, all with a household', () => {
    assert.equal(samples.length, 100);
    assert.equal(samples.filter((person) => person.permanent_residence.province === '79' &&
        person.permanent_residence.list < '2025-07-01').length, 50);
    for (const person of samples) {
        assert.ok(person.household !== null && person.marital_status !== null);
        assert.equal(person.death_or_missing, null);
    }
});

test('2,000 people are hidden: 1,000 protected, 1,000 who live outside province 79', () => {
    const hidden = demo.hidden();
    assert.equal(hidden.length, 2000);
    assert.equal(hidden.filter((person) => person.protected === true).length, 1000);
    assert.equal(hidden.filter((person) => person.protected !== true &&
        person.permanent_residence?.province !== '79').length, 1000);
});

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        test('each of 100 samples is answered with exactly its granted fields', async () => {
            const client = connect(kind, 'bank');
            for (const person of samples) {
                const ask = kycAsk(person);
                const answer = await client.lookup(ask);
                verifyAnswer(answer, ask, demo.vkey, bank);
                assert.deepEqual(answer.json.person, granted(person, KYC_FIELDS));
                assert.deepEqual(answer.json.notices, []);
            }
            await client.close();
        });

        test('a one-stop system gets household and marital status of those in province 79',
            async () => {
                const client = connect(kind, 'hcm-onestop');
                for (const person of samples.filter((one) =>
                    one.permanent_residence.province === '79')) {
                    const ask = residenceAsk(person);
                    const answer = await client.lookup(ask);
                    verifyAnswer(answer, ask, demo.vkey, hcm);
                    assert.deepEqual(answer.json.person, granted(person, RESIDENCE_FIELDS));
                }
                await client.close();
            });
    });
}

describe('what is asked and what comes', () => {
    let client;
    before(() => {
        client = connect(Http2Client, 'bank');
    });
    after(() => client.close());

    const answered = async (ask) => {
        const answer = await client.lookup(ask);
        verifyAnswer(answer, ask, demo.vkey, bank);
        return answer.json;
    };

    test('only the fields asked for come, in canonical order', async () => {
        const fields = ['sex', 'birth_date'];
        const { person } = await answered(kycAsk(samples[0], { fields }));
        assert.deepEqual(person, granted(samples[0], fields));
        assert.equal(JSON.stringify(person), canonical(person));
    });

    test('a field that is empty is null', async () => {
        const { person } = await answered(kycAsk(samples[0], { fields: ['current_residence'] }));
        assert.ok('current_residence' in person);
        const empty = samples.find((one) => one.current_residence === null);
        if (empty) {
            const found = await answered(kycAsk(empty, { fields: ['current_residence'] }));
            assert.deepEqual(found.person, { current_residence: null });
        }
    });

    test('a person is found by identity card number too', async () => {
        const person = samples.find((one) => one.cmnd !== null);
        const { id, ...rest } = subjectOf(person);
        const ask = kycAsk(person, { subject: { cmnd: person.cmnd, ...rest } });
        assert.deepEqual((await answered(ask)).person, granted(person, KYC_FIELDS));
    });

    for (const [how, change] of [
        ['in capitals', (name) => name.toUpperCase()],
        ['decomposed (NFD)', (name) => name.normalize('NFD')],
        ['without accents', (name) => name.normalize('NFD').replace(/\p{M}/gu, '')
            .replace(/đ/g, 'd').replace(/Đ/g, 'D')],
        ['without spaces', (name) => name.replace(/ /g, '')],
        ['as the systems in use send it', (name) => name.normalize('NFD').replace(/\p{M}/gu, '')
            .replace(/đ/g, 'd').replace(/Đ/g, 'D').replace(/ /g, '').toUpperCase()],
    ]) {
        test(`a name matches when it is written ${how}`, async () => {
            for (const person of samples.slice(0, 20)) {
                const subject = { ...subjectOf(person), name: change(person.full_name) };
                const { person: found } = await answered(kycAsk(person, { subject }));
                assert.equal(found.full_name, person.full_name);
            }
        });
    }

    test('the case reference comes back as it was sent, accents and all', async () => {
        const ask = kycAsk(samples[1], { case: 'Hồ sơ số 12/2026 "KYC" \\ ☂' });
        await answered(ask);
    });

    test('an officer who is named stands in the opening', async () => {
        await answered(kycAsk(samples[1], { officer: 'nv-0042' }));
    });

    test('the own party may be named', async () => {
        await answered(kycAsk(samples[1], { party: 'bank' }));
    });

    test('the same ask twice gets two asks, two records and no common digest', async () => {
        const ask = kycAsk(samples[2]);
        const [one, two] = [await answered(ask), await answered(ask)];
        assert.notEqual(one.ask, two.ask);
        const digests = (answer) => JSON.parse(answer.receipt.entry)._sd;
        assert.equal(digests(one).filter((digest) => digests(two).includes(digest)).length, 0);
        assert.notEqual(readProof(one.receipt.proof).index, readProof(two.receipt.proof).index);
    });

    test('256 asks at once on one connection are each answered with their own person', async () => {
        const asks = Array.from({ length: 256 }, (_, i) => kycAsk(samples[i % 100]));
        const answers = await Promise.all(asks.map((ask) => client.lookup(ask)));
        answers.forEach((answer, i) => {
            verifyAnswer(answer, asks[i], demo.vkey, bank);
            assert.deepEqual(answer.json.person, granted(samples[i % 100], KYC_FIELDS));
        });
        assert.equal(new Set(answers.map((answer) => answer.json.ask)).size, 256);
    });

    test('the entry names the policy that is in force', async () => {
        const { receipt } = await answered(kycAsk(samples[0]));
        const list = execFileSync('sh', ['-c', 'LC_ALL=C sha256sum *.yaml'],
            { cwd: path.join(root, 'policy') });
        assert.equal(JSON.parse(receipt.entry).policy, sha256(list).toString('hex'));
    });

    test('nothing of who was asked about stands in the public entry', async () => {
        const { receipt } = await answered(kycAsk(samples[3]));
        const entry = JSON.parse(receipt.entry);
        assert.equal(entry.class, 'organisation');
        assert.equal(entry.channel, 'guided');
        for (const secret of [samples[3].id, samples[3].full_name, 'NV-BANK-KYC', 'HS-2026', 'bank']) {
            assert.ok(!receipt.entry.includes(secret), secret);
        }
    });

    test('answers are not to be kept by anybody on the way', async () => {
        const answer = await client.lookup(kycAsk(samples[0]));
        assert.match(answer.headers['cache-control'], /no-store/);
    });
});

describe('clients of other makes', () => {
    test("curl's HTTP/1.1 and HTTP/2 get a sample's data", async () => {
        for (const [protocol, version] of [['--http1.1', '1.1'], ['--http2', '2']]) {
            const ask = kycAsk(samples[4]);
            const found = await curl({ port: server.port, demo, name: 'bank', protocol },
                '/v1/lookup', ['--header', 'content-type: application/json',
                    '--data-binary', JSON.stringify(ask)]);
            assert.equal(found.status, 200, found.text);
            assert.equal(found.version, version);
            assert.deepEqual(JSON.parse(found.text).person, granted(samples[4], KYC_FIELDS));
        }
    });

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        test(`${version} is spoken, on HTTP/2 and HTTP/1.1`, async () => {
            for (const kind of protocols) {
                const client = new kind({
                    port: server.port, ca: demo.ca, ...demo.client('bank'),
                    minVersion: version, maxVersion: version,
                });
                const ask = kycAsk(samples[5]);
                verifyAnswer(await client.lookup(ask), ask, demo.vkey, bank);
                await client.close();
            }
        });
    }

    test('a client that keeps to HTTP/1.1 sends many asks on one connection', async () => {
        const client = new Http1Client({
            port: server.port, ca: demo.ca, ...demo.client('bank'), connections: 1,
        });
        const answers = await Promise.all(samples.slice(0, 30).map((one) =>
            client.lookup(kycAsk(one))));
        answers.forEach((answer, i) => assert.equal(answer.json.person.full_name,
            samples[i].full_name));
        await client.close();
    });
});

describe('a receipt', () => {
    let answer;
    let ask;
    const file = (name) => path.join(demo.dir, name);

    before(async () => {
        const client = connect(Http2Client, 'bank');
        ask = kycAsk(samples[6]);
        answer = await client.lookup(ask);
        verifyAnswer(answer, ask, demo.vkey, bank);
        await client.close();
    });

    const verifyFile = (bytes, more = []) => {
        writeFileSync(file('receipt.json'), bytes);
        return demo.dancu(['receipt', 'verify', file('receipt.json'),
            '--vkey', demo.vkeyFile, ...more]);
    };

    test('is accepted by @sigstore/verify, and refused by it under another key or entry', () => {
        const { entry, proof } = answer.json.receipt;
        verifyBySigstore(entry, proof, demo.vkey);
        assert.throws(() => verifyBySigstore(`${entry} `, proof, demo.vkey));
        assert.throws(() => verifyBySigstore(entry, proof, { ...demo.vkey, id: '00000000' }));
    });

    test("is opened by an SD-JWT library, which finds what the answer's own person hashes to",
        async () => {
            const claims = await openBySdJwt(answer.json.receipt.entry, answer.json.opening);
            assert.equal(claims.business, 'NV-BANK-KYC');
            assert.equal(claims.party, 'bank');
            assert.deepEqual(claims.request.asked, ask.subject);
            assert.equal(claims.answer.digest,
                base64url(sha256(canonical(answer.json.person))));
            assert.equal(claims.outcome, 'disclosed');
            assert.ok(!('persons' in claims) && !('trace' in claims));
        });

    test('is good for `dancu receipt verify`, as a whole answer and alone', async () => {
        const whole = await verifyFile(answer.text);
        assert.equal(whole.status, 0, whole.stderr);
        const alone = await verifyFile(JSON.stringify(answer.json.receipt));
        assert.equal(alone.status, 0, alone.stderr);
        writeFileSync(file('opening.json'), JSON.stringify(answer.json.opening));
        writeFileSync(file('answer.json'), JSON.stringify(answer.json.person));
        const apart = await verifyFile(JSON.stringify(answer.json.receipt),
            ['--opening', file('opening.json')]);
        assert.equal(apart.status, 0, apart.stderr);
    });

    test('is refused by `dancu receipt verify` with any of 60 bytes changed', async () => {
        const { entry, proof } = answer.json.receipt;
        const whole = JSON.stringify({ entry, proof });
        const step = Math.floor(whole.length / 60);
        for (let at = 1; at < whole.length - 1; at += step) {
            const bytes = Buffer.from(whole);
            bytes[at] ^= bytes[at] === 0x5c ? 2 : 1;
            if (meansTheSame(bytes, { entry, proof })) {
                continue;
            }
            const { status, stderr } = await verifyFile(bytes);
            assert.equal(status, 1, `byte ${at} of ${whole}: ${stderr}`);
            assert.notEqual(stderr, '', 'a line says what is wrong');
        }
    });

    test('of another answer does not verify with this person or opening', async () => {
        const client = connect(Http2Client, 'bank');
        const other = (await client.lookup(kycAsk(samples[7]))).json;
        await client.close();
        for (const forged of [
            { ...answer.json, person: other.person },
            { ...answer.json, opening: other.opening },
            { ...answer.json, receipt: { ...answer.json.receipt, entry: other.receipt.entry } },
            { ...answer.json, person: { ...answer.json.person, sex: '3' } },
            { ...answer.json, opening: answer.json.opening.slice(1).concat('eyJ9') },
        ]) {
            const { status } = await verifyFile(JSON.stringify(forged));
            assert.equal(status, 1);
        }
        assert.throws(() => verifyProof(answer.json.receipt.proof, other.receipt.entry, demo.vkey));
    });

    test('`dancu receipt verify` ends with 2 when its words are off', async () => {
        assert.equal((await demo.dancu(['receipt', 'verify'])).status, 2);
        assert.equal((await demo.dancu(['receipt', 'verify', file('receipt.json')])).status, 2);
        assert.equal((await demo.dancu(['receipt', 'verify', file('receipt.json'),
            '--vkey', demo.vkeyFile, '--nonsense'])).status, 2);
    });

});

test('what README says to paste works when it is pasted', async () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
    assert.ok(blocks.length >= 3);
    const folder = path.join(demo.dir, 'paste');
    mkdirSync(path.join(folder, 'var'), { recursive: true });
    mkdirSync(path.join(folder, 'build/release'), { recursive: true });
    symlinkSync(demo.dir, path.join(folder, 'var/demo'));
    symlinkSync(path.resolve(binary), path.join(folder, 'build/release/dancu'));
    const { status, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c',
        blocks.join('\n')], { cwd: folder, env: { DANCU_PORT: String(server.port) } });
    assert.equal(status, 0, stdout + stderr);
    for (const words of ['200 over HTTP/2', '200 over HTTP/1.1', '"person"', '403 over HTTP/2',
        '"business_not_granted"', '404 over HTTP/2', '"subject_not_available"',
        'localhost/dancu-demo\n']) {
        assert.ok(stdout.includes(words), `${words} in: ${stdout}`);
    }
    assert.ok(stdout.includes(`"full_name":"${samples[0].full_name}"`), stdout);
});

// A change of a byte that JSON reads as the same text is no change of the receipt.
function meansTheSame(bytes, receipt) {
    try {
        const found = JSON.parse(bytes.toString());
        return canonical(found) === canonical(receipt);
    } catch {
        return false;
    }
}
