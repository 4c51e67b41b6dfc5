// Lists of asks at once: brought in pieces, asked line by line, answered as single asks are; garbage,
// cut uploads, other accounts, cancelling, and what stands on the disk.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyAnswer, verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk, KYC_FIELDS, subjectOf, unknownId } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { JobClient, pieces } from './lib/jobs.mjs';
import { residentKib } from './lib/proc.mjs';
import { addBusiness, addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const bank = { party: 'bank', account: 'bank' };
let demo;
let server;
let samples;

const options = (name = 'bank') => ({ port: server.port, ca: demo.ca, ...demo.client(name) });
const connect = (name, label) => new JobClient(options(name), label);
const asks = (count, changes = {}) => samples.slice(0, count)
    .map((person, i) => kycAsk(person, { case: `TB-${i}`, ...changes }));
const folder = () => readdirSync(path.join(demo.home, 'jobs'));

async function all(lines) {
    const found = [];
    for await (const line of lines) {
        found.push(line);
    }
    return found;
}

// Brings a list and gives its whole result.
async function run(lines, { client = connect(), business = 'NV-BANK-KYC' } = {}) {
    const { status, json, text } = await client.submit({ business, body: pieces(lines) });
    assert.equal(status, 202, text);
    await client.settled(json.id);
    return { id: json.id, result: await all(client.result(json.id)) };
}

before(async () => {
    demo = await demonstration('e2e-jobs');
    samples = demo.samples();
    server = await serve(demo, { edges: 2 });
    await addBusiness(demo, 'T-TWO', 'bank', { quota: 2 });
    await addParty(demo, 'telco');
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

for (const label of ['HTTP/2', 'HTTP/1.1']) {
    test(`each line of a list is answered as by itself (${label})`, async () => {
        const list = asks(100, { fields: KYC_FIELDS.slice(0, 3) });
        const client = connect('bank', label);
        const { id, result } = await run(list.map((ask) => JSON.stringify(ask)), { client });
        assert.equal(result.length, list.length);
        result.forEach(({ line, answer }, i) => {
            assert.equal(line, i + 1);
            verifyAnswer({ status: 200, headers: { 'content-type': 'application/json' }, json: answer },
                list[i], demo.vkey, bank);
            assert.deepEqual(answer.person, Object.fromEntries(KYC_FIELDS.slice(0, 3)
                .map((field) => [field, samples[i][field]])));
        });
        assert.deepEqual(await all(client.result(id, 99)), result.slice(98));
        const { json } = await client.show(id);
        assert.deepEqual([json.state, json.done, json.lines, json.refused, json.missed],
            ['done', 100, 100, 0, 0]);
    });
}

test('a line that is no ask is told why and costs nothing, and others are answered', async () => {
    const [person, other] = samples;
    const good = JSON.stringify(kycAsk(person));
    const twice = JSON.stringify(kycAsk(other));
    const list = Buffer.concat([
        Buffer.from(`${good}\n`),
        Buffer.from('{"business":"NV-BANK-KYC","case":\n'), // 2
        Buffer.from('\n'), // 3: empty
        Buffer.from(`${' '.repeat(17_000)}{}\n`), // 4: too long
        Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]), // 5: no UTF-8
        Buffer.from('[1,2,3]\n'), // 6
        Buffer.from(`${JSON.stringify(kycAsk(person, { business: 'NV-BANK-TINY' }))}\n`), // 7
        Buffer.from(`${JSON.stringify(kycAsk(person, { fields: ['shoe_size'] }))}\n`), // 8
        Buffer.from(`${JSON.stringify({ ...kycAsk(person), of_job: true })}\n`), // 9
        Buffer.from(`${'['.repeat(5000)}\n`), // 10
        Buffer.from(`${twice}\r\n`), // 11
        Buffer.from(`${JSON.stringify(kycAsk(person, { subject: { ...subjectOf(person), id: unknownId(3) } }))}\n`), // 12
        Buffer.from(`${twice}\r\n`), // 13: the same, byte for byte
        Buffer.from(`${JSON.stringify(kycAsk(person, { fields: ['full_name', 'religion'] }))}`), // 14: no end
    ]);
    const quota = async () => {
        const client = new Http2Client(options());
        const { json } = await client.get('/v1/grants');
        client.destroy();
        return json.businesses.find(({ code }) => code === 'NV-BANK-KYC').quotas.day.left;
    };
    const before = await quota();
    const client = connect();
    const { json } = await client.submit({ business: 'NV-BANK-KYC', body: [list] });
    const job = await client.settled(json.id);
    const result = await all(client.result(json.id));
    assert.deepEqual(result.map(({ line }) => line), Array.from({ length: 14 }, (_, i) => i + 1));
    for (const i of [2, 3, 4, 5, 6, 7, 8, 9, 10]) {
        const { problem } = result[i - 1];
        assert.deepEqual([problem.code, problem.status, problem.type],
            ['bad_request', 400, 'urn:dancu:problem:bad_request'], `line ${i}`);
        assert.ok(problem.invalid_params.length > 0);
        assert.ok(!('receipt' in problem));
    }
    assert.equal(result[6].problem.invalid_params[0].name, '/business');
    assert.equal(result[7].problem.invalid_params[0].name, '/fields/0');
    assert.ok(result[0].answer && result[10].answer);
    assert.deepEqual(result[12].answer, result[10].answer);
    assert.equal(result[11].problem.code, 'subject_not_available');
    verifyReceipt(result[11].problem, demo.vkey);
    assert.equal(result[13].problem.code, 'field_not_granted');
    assert.equal(result[13].problem.invalid_params[0].name, '/fields/1');
    verifyReceipt(result[13].problem, demo.vkey);
    assert.deepEqual([job.done, job.refused, job.missed], [14, 10, 1]);
    assert.equal(before - await quota(), 3); // lines 1, 11, 12: a refusal takes none
});

test('parameters, types and methods are held against the contract', async () => {
    const client = connect();
    const line = `${JSON.stringify(kycAsk(samples[0]))}\n`;
    const refused = async (request, status, code) => {
        const answer = await client.submit({ business: 'NV-BANK-KYC', body: [line], ...request });
        verifyProblem(answer, status, code);
    };
    await refused({ service: 'citizen.search' }, 400, 'bad_request');
    await refused({ business: 'a/b' }, 400, 'bad_request');
    await refused({ business: 'NV-BANK-KYC&x=1' }, 400, 'bad_request');
    await refused({ headers: { 'content-type': 'application/json' } }, 415, 'unsupported_media_type');
    await refused({ headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type');
    await refused({ headers: { accept: 'text/html' } }, 406, 'not_acceptable');
    await refused({ headers: { 'idempotency-key': 'a b' } }, 400, 'bad_request');
    await refused({ body: [] }, 400, 'bad_request');
    await refused({ business: 'NV-NOBODY' }, 403, 'business_not_granted');
    await refused({ business: 'NV-HCM-RESIDENCE' }, 403, 'business_not_granted');
    for (const id of ['0'.repeat(32), 'x', '0'.repeat(33)]) {
        const answer = await client.show(id).catch((error) => error);
        assert.ok(answer instanceof Error || answer.status === 404, id);
    }
});

test('a list longer than the business may ask is refused, and nothing of it is kept', async () => {
    const before = folder().length;
    for (const lines of [1001, 200_000]) {
        const answer = await connect().submit({
            business: 'NV-BANK-KYC', body: pieces(Array.from({ length: lines }, (_, i) => `{"i":${i}}`)),
        });
        verifyProblem(answer, 403, 'bulk_not_granted');
    }
    await until('nothing is left', () => folder().length === before);
});

test('a hundred megabytes without a line\'s end are one faulty line, in bounded memory', async () => {
    const megabyte = Buffer.alloc(1 << 20, 'x');
    function* body() {
        for (let i = 0; i < 100; i++) {
            yield megabyte;
        }
    }
    const client = connect();
    const { json } = await client.submit({ business: 'NV-BANK-KYC', body: body() });
    await client.settled(json.id);
    const [line] = await all(client.result(json.id));
    assert.equal(line.problem.code, 'bad_request');
    for (const { process: name, pid } of await server.processes()) {
        if (/^(jobs|edge)/.test(name)) {
            assert.ok(residentKib(pid) < 64 * 1024, `${name} has ${residentKib(pid)} KiB`);
        }
    }
    assert.equal((await client.drop(json.id)).json.state, 'expired');
});

test('an upload that is cut off leaves nothing', async () => {
    const before = folder();
    const session = http2.connect(`https://127.0.0.1:${server.port}`,
        { ...options(), servername: 'localhost' });
    session.on('error', () => {});
    const stream = session.request({
        ':method': 'POST', ':path': '/v1/jobs?service=citizen.lookup&business=NV-BANK-KYC',
        'content-type': 'application/x-ndjson',
    });
    stream.on('error', () => {});
    stream.write('{"half":');
    await until('it is being received', () => folder().length === before.length + 1);
    session.destroy();
    await until('it is gone', () => folder().length === before.length);
});

test('a job is its account\'s alone, and has a result only when it has ended', async () => {
    const client = connect();
    const other = connect('telco');
    const lines = asks(3, { business: 'T-TWO' }).map((ask) => JSON.stringify(ask));
    const { json } = await client.submit({ business: 'T-TWO', body: pieces(lines) });
    await until('two are done', async () => (await client.show(json.id)).json.done === 2);
    verifyProblem(await client.refused(json.id), 409, 'job_not_ready'); // the third waits for tomorrow
    for (const answer of [await other.show(json.id), await other.drop(json.id),
        await other.refused(json.id), await other.show('0'.repeat(32))]) {
        verifyProblem(answer, 404, 'not_found');
    }
    assert.equal((await client.drop(json.id)).json.state, 'cancelled');
    assert.equal((await all(client.result(json.id))).length, 2);
    assert.equal((await client.drop(json.id)).json.state, 'expired');
    assert.equal((await client.drop(json.id)).json.state, 'expired');
    assert.equal((await client.show(json.id)).json.state, 'expired');
    verifyProblem(await client.refused(json.id), 404, 'not_found');
    assert.ok(!folder().some((name) => name.startsWith(json.id) && !name.endsWith('.head')));
});

test('an account lists its own jobs, the latest first, with how they got to where they are', async () => {
    const client = connect();
    const { json: job } = await client.submit({ business: 'NV-BANK-KYC', headers: { 'idempotency-key': 'a"1' },
        body: pieces(asks(2).map((ask) => JSON.stringify(ask))) });
    await client.settled(job.id);
    const { status, json: { jobs } } = await client.list();
    assert.equal(status, 200);
    assert.equal(jobs[0].id, job.id);
    assert.equal(jobs[0].idempotency_key, 'a"1');
    assert.deepEqual(jobs[0].history.map(({ state }) => state), ['waiting', 'running', 'done']);
    assert.ok(jobs.length > 1 && jobs.every(({ created }, i) => i === 0 || created <= jobs[i - 1].created));
    assert.deepEqual((await connect('telco').list()).json, { jobs: [] });
});

test('two jobs at once by one account are both whole, and a fifth has to wait', async () => {
    const client = connect();
    const lists = [asks(40), asks(60)].map((list) => list.map((ask) => JSON.stringify(ask)));
    const found = await Promise.all(lists.map((list) => run(list)));
    found.forEach(({ result }, i) => {
        assert.equal(result.length, lists[i].length);
        assert.ok(result.every(({ answer }) => answer));
    });
    // Those of T-TWO wait for tomorrow.
    const waiting = [];
    for (let i = 0; i < 4; i++) {
        const { status, json } = await client.submit({
            business: 'T-TWO', body: [`${JSON.stringify(kycAsk(samples[i], { business: 'T-TWO' }))}\n`],
        });
        assert.equal(status, 202);
        waiting.push(json.id);
    }
    const fifth = await client.submit({ business: 'NV-BANK-KYC', body: pieces(lists[0]) });
    verifyProblem(fifth, 429, 'rate_limited');
    assert.ok(Number(fifth.headers['retry-after']) > 0);
    for (const id of waiting) {
        assert.equal((await client.drop(id)).json.state, 'cancelled');
        assert.deepEqual(await all(client.result(id)), []);
    }
});

test('the same list by the same key is the same job, another one a conflict', async () => {
    const client = connect();
    const headers = { 'idempotency-key': 'list-1' };
    const [first, second] = [asks(5), asks(6)].map((list) => pieces(list.map((ask) => JSON.stringify(ask))));
    const once = await client.submit({ business: 'NV-BANK-KYC', body: [...first], headers });
    assert.equal(once.status, 202);
    const again = await client.submit({
        business: 'NV-BANK-KYC', body: pieces(asks(5).map((ask) => JSON.stringify(ask))), headers });
    assert.equal(again.status, 200);
    assert.equal(again.json.id, once.json.id);
    verifyProblem(await client.submit({ business: 'NV-BANK-KYC', body: second, headers }), 409,
        'idempotency_conflict');
});

test('the command sends a list, shows its job, and fetches and forgets its answers', async () => {
    const file = path.join(demo.dir, 'list.ndjson');
    writeFileSync(file, asks(30).map((ask) => `${JSON.stringify(ask)}\n`).join(''));
    const { certPath, keyPath } = demo.client('bank');
    const job = (...args) => demo.dancu(['job', ...args, '--server', `localhost:${server.port}`,
        '--tls-ca', path.join(demo.dir, 'ca.pem'), '--tls-cert', certPath, '--tls-key', keyPath]);
    const sent = await job('send', file, '--service', 'citizen.lookup', '--business', 'NV-BANK-KYC');
    assert.equal(sent.status, 0, sent.stderr);
    const { id } = JSON.parse(sent.stdout);
    await until('it is done', async () => JSON.parse((await job('show', id)).stdout).state === 'done');
    assert.equal(JSON.parse((await job('list')).stdout).jobs[0].id, id);
    assert.equal((await job('list', id)).status, 2);
    const { status, stdout } = await job('result', id, '--from', '11');
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ line }) => line), Array.from({ length: 20 }, (_, i) => i + 11));
    verifyReceipt(lines[19].answer, demo.vkey);
    assert.equal(JSON.parse((await job('cancel', id)).stdout).state, 'expired');
    const gone = await job('result', id);
    assert.deepEqual([gone.status, JSON.parse(gone.stdout).code], [1, 'not_found']);
    assert.equal((await job('send', file, '--service', 'citizen.lookup')).status, 2);
    assert.equal((await job('send', '/nowhere', '--service', 'citizen.lookup', '--business', 'X')).status, 1);
});

test('what stands on the disk names nobody', () => {
    const needles = samples.flatMap(({ id, full_name: name }) => [id, name]);
    for (const name of folder()) {
        const bytes = readFileSync(path.join(demo.home, 'jobs', name));
        for (const needle of needles) {
            assert.ok(!bytes.includes(needle), `${name} holds ${needle}`);
        }
    }
});
