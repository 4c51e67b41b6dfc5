// OSIA from end to end, by a client that knows the standard alone (lib/osia.mjs).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyReceipt } from './lib/answer.mjs';
import { subjectOf, unknownId } from './lib/asks.mjs';
import { raw } from './lib/client.mjs';
import { binary, root, run } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { OsiaClient } from './lib/osia.mjs';
import { addBusiness } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const FIELDS = ['full_name', 'birth_date', 'sex', 'nationality', 'permanent_residence',
    'current_residence', 'death_or_missing', 'marital_status'];
let demo;
let server;
let samples;
let bank;
let said = '';

before(async () => {
    demo = await demonstration('osia');
    await addBusiness(demo, 'NV-OSIA', 'bank', { fields: FIELDS,
        services: 'citizen.lookup,citizen.verify', args: ['--verify-per-claim'] });
    await addBusiness(demo, 'NV-OSIA-TRUTH', 'bank', { fields: ['full_name', 'birth_date', 'sex'],
        services: 'citizen.verify' });
    server = await serve(demo, { onSaid: (bytes) => { said += bytes; } });
    samples = demo.samples();
    bank = new OsiaClient({ port: server.port, ca: demo.ca, ...demo.client('bank') },
        { business: 'NV-OSIA', file: 'Hồ sơ 12/2026 (100%)', person: samples[0] });
});
after(async () => {
    await bank?.close();
    await server?.stop();
    demo?.remove();
});

const about = (person, more) => bank.with({ person, ...more });
const family = (person) => person.full_name.split(' ')[0];
const given = (person) => person.full_name.split(' ').slice(1).join(' ');
const code = (answer) => answer.json.code;

// What the standard says of a person of the register, written from docs/osia.md.
function expected(person) {
    const place = person.permanent_residence;
    const none = (number) => ({ code: number, message: 'x' });
    return {
        uin: person.id, lastName: family(person), firstName: given(person),
        fullName: person.full_name, dateOfBirth: person.birth_date, gender: Number(person.sex),
        nationality: person.nationality, maritalStatus: person.marital_status,
        'permanentResidence.province': place.province,
        'permanentResidence.ward': place.ward ?? none(1025),
        dateOfDeath: none(1025), status: none(1025), placeOfBirth: none(1024), dob: none(1023),
    };
}
const wordless = (values) => JSON.parse(JSON.stringify(values, (name, value) =>
    name === 'message' ? 'x' : value));

// The opening of what was recorded, by the id in the answer's header.
async function recorded(answer) {
    const { json } = await bank.client.get(`/v1/receipts/${answer.headers['dancu-ask']}?opening=1`);
    return verifyReceipt(json, demo.vkey);
}

describe('Data Access', () => {
    test('attributes of 20 people are read in the forms of the standard, by both ways', async () => {
        for (const person of samples.slice(0, 20)) {
            const names = Object.keys(expected(person));
            const answer = await about(person).readPersonAttributes(names);
            assert.deepEqual(wordless(answer.json), expected(person));
            assert.deepEqual(Object.keys(answer.json), names);
            const whole = await bank.whole('attributes', 'data-access/v1/persons/read', {
                uin: person.id, fullName: person.full_name, dateOfBirth: person.birth_date,
                attributeNames: names });
            assert.equal(whole.text, answer.text);
        }
    });

    test('a read is recorded as the look-up that it is, under business and case', async () => {
        const answer = await bank.readPersonAttributes(['gender', 'firstName']);
        const { entry, opened } = await recorded(answer);
        assert.equal(entry.service, 'citizen.lookup');
        assert.equal(opened.business, 'NV-OSIA');
        assert.equal(opened.case, 'Hồ sơ 12/2026 (100%)');
        assert.deepEqual(opened.request.asked, subjectOf(samples[0]));
        assert.deepEqual(opened.request.fields, ['sex', 'full_name']);
    });

    test('a match tells what differs, what has no value and what does not exist', async () => {
        const [person] = samples;
        const good = { firstName: given(person), lastName: family(person),
            dateOfBirth: person.birth_date, gender: Number(person.sex) };
        assert.deepEqual((await bank.matchPersonAttributes(good)).json, []);
        const wrong = await bank.matchPersonAttributes({ ...good, firstName: 'Khác',
            gender: 3 - good.gender, dateOfDeath: '2020-01-01', spouseName: 'x' });
        assert.deepEqual(wrong.json, [
            { attributeName: 'firstName', errorCode: 1 },
            { attributeName: 'lastName', errorCode: 1 },
            { attributeName: 'gender', errorCode: 1 },
            { attributeName: 'dateOfDeath', errorCode: 0 },
            { attributeName: 'spouseName', errorCode: 0 },
        ]);
        const whole = await bank.whole('matchingError', 'data-access/v1/persons/match', {
            uin: person.id, fullName: person.full_name, dateOfBirth: person.birth_date,
            attributes: { gender: 3 - good.gender } });
        assert.deepEqual(whole.json, [{ attributeName: 'gender', errorCode: 1 }]);
    });

    test('the standard\'s own example needs no header field for the person', async () => {
        const [person] = samples;
        const plain = bank.with({ anonymous: true });
        const values = { firstName: given(person), lastName: family(person),
            dateOfBirth: person.birth_date };
        assert.deepEqual((await plain.matchPersonAttributes(values)).json, []);
        const missed = await plain.matchPersonAttributes({ ...values, lastName: 'Khác' });
        assert.equal(missed.status, 404); // without the right name nobody learns anything
        const truth = await plain.verifyPersonAttributes(
            Object.entries(values).map(([name, value]) => [name, '=', value]));
        assert.equal(truth.json, true);
    });

    test('expressions are all true or the answer is false', async () => {
        const [person] = samples;
        const born = person.birth_date;
        const rows = [
            [[['dateOfBirth', '=', born]], true],
            [[['dateOfBirth', '<=', born], ['dateOfBirth', '>=', born]], true],
            [[['dateOfBirth', '<', born]], false],
            [[['dateOfBirth', '>', '1800-01-01'], ['gender', '=', Number(person.sex)]], true],
            [[['dateOfBirth', '>', '1800-01-01'], ['gender', '=', 3 - person.sex]], false],
            [[['dateOfDeath', '=', '2020-01-01']], false], // there is none
            [[['permanentResidence.province', '=', person.permanent_residence.province]], true],
        ];
        for (const [expressions, truth] of rows) {
            assert.equal((await bank.verifyPersonAttributes(expressions)).json, truth,
                JSON.stringify(expressions));
            const whole = await bank.whole('truth', 'data-access/v1/persons/verify', {
                uin: person.id, fullName: person.full_name, dateOfBirth: born,
                expressions: expressions.map(([attributeName, operator, value]) =>
                    ({ attributeName, operator, value })) });
            assert.equal(whole.json, truth);
        }
    });
});

describe('Third Party Services', () => {
    test('a verification proves itself to a stranger', async () => {
        const [person] = samples;
        const answer = await bank.verify({ gender: Number(person.sex), nationality: 'VN' });
        assert.equal(answer.json.verificationCode, 0);
        const file = path.join(demo.dir, 'proof.json');
        writeFileSync(file, answer.json.verificationProof);
        const { status, stderr } = await run(binary,
            ['receipt', 'verify', file, '--vkey', demo.vkeyFile]);
        assert.equal(status, 0, stderr);
        const proof = JSON.parse(answer.json.verificationProof);
        assert.equal(proof.ask, answer.headers['dancu-ask']);
        assert.deepEqual(proof.result, { verified: true });
        const unproved = await bank.verify({ nationality: 'VN' },
            { verificationProofRequired: 'false' });
        assert.deepEqual(Object.keys(unproved.json), ['verificationCode', 'verificationMessage']);
        const wrong = await bank.verify({ nationality: 'FR' });
        assert.equal(wrong.json.verificationCode, 1);
        assert.ok(!('verificationProof' in wrong.json));
        const whole = await bank.whole('verifyResult', 'third-party/v1/verify', {
            identifier: person.id, transactionId: 'T-whole-1',
            attributeSet: { biographicData: { fullName: person.full_name,
                dateOfBirth: person.birth_date } } });
        assert.equal(whole.json.verificationCode, 0);
    });

    test('named sets and wanted attributes give what is available', async () => {
        const person = samples.find((one) => one.cmnd !== null);
        const client = about(person);
        const basic = { firstName: given(person), lastName: family(person),
            dateOfBirth: person.birth_date };
        assert.deepEqual((await client.readAttributeSet('DEFAULT_SET_01')).json,
            { biographicData: basic });
        const eidas = (await client.readAttributeSet('DEFAULT_SET_EIDAS')).json.biographicData;
        assert.equal(eidas.uin, person.id);
        assert.equal(eidas.gender, Number(person.sex));
        assert.equal('currentResidence' in eidas, person.current_residence !== null);
        assert.deepEqual((await client.readAttributes(['gender', 'placeOfBirth'])).json,
            { biographicData: { gender: Number(person.sex) } });
        const byCard = await client.readAttributes(['uin', 'fullName'],
            { identifierType: 'credentialNumber' }, person.cmnd);
        assert.deepEqual(byCard.json, { biographicData: { fullName: person.full_name } });
        for (const wanted of [{ attributeSetName: 'DEFAULT_SET_01' },
            { outputAttributeSet: { outputBiographicData: Object.keys(basic) } }]) {
            const whole = await bank.whole('attributeSet', 'third-party/v1/attributes', {
                identifier: person.id, transactionId: `T-${Object.keys(wanted)[0]}`,
                fullName: person.full_name, dateOfBirth: person.birth_date, ...wanted });
            assert.deepEqual(whole.json, { biographicData: basic });
        }
    });

    test('a transaction that is sent again is answered again and recorded once', async () => {
        const transactionId = `T-again-${process.pid}`;
        const first = await bank.readAttributes(['gender'], { transactionId });
        const again = await bank.readAttributes(['gender'], { transactionId });
        assert.equal(again.headers['dancu-ask'], first.headers['dancu-ask']);
        assert.equal(again.text, first.text);
        const other = await about(samples[1]).readAttributes(['gender'], { transactionId });
        assert.equal(other.status, 409);
        const set = await bank.readAttributeSet('DEFAULT_SET_01', { transactionId });
        assert.equal(set.status, 409);
    });
});

describe('what is refused', () => {
    test('who is not there, hidden or called otherwise is one and the same 404', async () => {
        const [person, named, born] = samples.slice(30); // five misses each: not one more
        const hidden = demo.hidden().find((one) => one.protected === true);
        const answers = [];
        for (const other of [{ ...person, id: unknownId(7) }, { ...named, full_name: 'Không Ai' },
            { ...born, birth_date: '1901-01-01' }, hidden]) {
            const client = about(other);
            answers.push(await client.readPersonAttributes(['gender']),
                await client.matchPersonAttributes({ gender: 1 }),
                await client.verifyPersonAttributes([['gender', '=', 1]]),
                await client.verify({ gender: 1 }), await client.readAttributeSet('DEFAULT_SET_01'));
        }
        assert.deepEqual([...new Set(answers.map((one) => `${one.status} ${one.text}`))].length, 1);
        assert.equal(answers[0].status, 404);
        assert.equal(code(answers[0]), 1119);
        const { entry } = await recorded(answers[0]);
        assert.equal(entry.outcome, 'subject_not_available');
    });

    test('what is not granted refuses the whole ask, with its name, and is recorded', async () => {
        const read = await bank.readPersonAttributes(['gender', 'religion']);
        assert.equal(read.status, 403);
        assert.equal(code(read), 1116);
        assert.match(read.json.message, /religion/);
        assert.equal((await recorded(read)).entry.outcome, 'field_not_granted');
        const match = await bank.matchPersonAttributes({ bloodGroup: '01' });
        assert.equal(match.status, 403);
        assert.match(match.json.message, /bloodGroup/);
        const business = await bank.with({ business: 'NV-HCM-RESIDENCE' })
            .readPersonAttributes(['gender']);
        assert.equal(code(business), 1113);
        const file = await bank.with({ file: '' }).readPersonAttributes(['gender']);
        assert.equal(code(file), 1114);
        const service = await bank.with({ business: 'NV-OSIA-TRUTH' }).readPersonAttributes(['gender']);
        assert.equal(service.status, 403);
    });

    test('one answer an attribute is for a business that is granted that', async () => {
        const client = bank.with({ business: 'NV-OSIA-TRUTH' });
        const match = await client.matchPersonAttributes({ gender: 1 });
        assert.equal(match.status, 403);
        assert.equal((await recorded(match)).entry.outcome, 'per_claim_not_granted');
        const verify = await client.verifyPersonAttributes(
            [['gender', '=', Number(samples[0].sex)]]);
        assert.equal(verify.json, true);
    });

    test('free lists and documents are refused with the reason', async () => {
        const client = bank.with({ off: true });
        for (const [method, address, number, body] of [
            ['GET', 'data-access/v1/persons?firstName=An&names=lastName', 1026],
            ['POST', 'third-party/v1/identify?transactionId=1', 1026,
                { attributeSet: {}, outputAttributeSetName: 'DEFAULT_SET_01' }],
            ['GET', 'third-party/v1/identify/1?transactionId=1', 1026],
            ['GET', `data-access/v1/persons/${samples[0].id}/document?doctype=x&format=pdf`, 1027],
        ]) {
            const answer = await client.call('error', method, `/osia/${address}`, body);
            assert.equal(answer.status, 403);
            assert.equal(code(answer), number);
            assert.ok(!('dancu-ask' in answer.headers));
        }
    });

    test('what a request lacks is told by name', async () => {
        for (const [changes, pattern] of [
            [{ anonymous: true }, /fullName.*dateOfBirth/],
            [{ business: '' }, /Dancu-Business/],
        ]) {
            const answer = await bank.with(changes).readPersonAttributes(['gender']);
            assert.equal(answer.status, 400);
            assert.match(answer.json.message, pattern);
        }
        assert.equal((await bank.readPersonAttributes(['gender'], '12')).status, 400);
        assert.equal((await bank.readAttributes(['dob'])).status, 400);
    });
});

test('docs/osia.md publishes the numbers that the codes of the house have', () => {
    const words = readFileSync(path.join(root, 'src/domain/words.h'), 'utf8');
    const page = readFileSync(path.join(root, 'docs/osia.md'), 'utf8');
    const codes = [...words.matchAll(/ROW\([A-Z_]+, "([a-z_]+)", (\d{3}), [01]\)/g)]
        .map(([, name, status], index) => `${1100 + index} ${status} ${name}`);
    const rows = [...page.matchAll(/^\| (11\d\d) \| (\d{3}) \| `([a-z_]+)`/gm)]
        .map(([, number, status, name]) => `${number} ${status} ${name}`);
    assert.ok(rows.length >= 23);
    assert.deepEqual(rows.filter((row) => !codes.includes(row)), []);
});

test('no line of any process holds a number, whatever came by an address', async () => {
    const numbers = [samples[0].id, unknownId(7), '079999999999'];
    const tls = { port: server.port, ca: demo.ca, ...demo.client('bank') };
    const target = `/osia/data-access/v1/persons/079999999999`;
    const host = 'Host: localhost\r\n';
    await Promise.all([
        `GET ${target}?attributeNames=gender HTTP/1.1\r\n\r\n`,
        `GET ${target}%zz HTTP/1.1\r\n${host}\r\n`,
        `BREW ${target} HTTP/1.1\r\n${host}\r\n`,
        `GET ${target} HTTP/1.1\r\n${host}x: ${'y'.repeat(70_000)}`,
        `GET ${target}/${'9'.repeat(2000)} HTTP/1.1\r\n${host}\r\n`,
        `POST ${target}/match HTTP/1.1\r\n${host}`, // and is gone
    ].map((bytes) => raw(tls, bytes, { waitMs: 300 })));
    await bank.close();
    await server.stop(); // each says its last line
    assert.match(said, /stopped/);
    for (const number of numbers) {
        assert.ok(!said.includes(number), said.split('\n').find((line) => line.includes(number)));
    }
    assert.doesNotMatch(said, /\b\d{12}\b|\/osia\//);
});
