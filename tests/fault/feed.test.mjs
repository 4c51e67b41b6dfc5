// Changes of source systems over the desk: what is taken, from whom, how often; and, small, what the
// command tests/fault/feed makes large.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { kycAsk, subjectOf } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { until } from '../e2e/lib/command.mjs';
import { demonstration, PERSONS } from '../e2e/lib/demo.mjs';
import { deskClient, makeSource, post } from '../e2e/lib/feed.mjs';
import { Signer } from '../e2e/lib/officers.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { feed } from './feed.mjs';

let demo;
let server;
let civil; // a source, and its client
let client;
let bank;
let someone;

before(async () => {
    demo = await demonstration('changes');
    civil = await makeSource(demo, 'HOTICH', 'civil_status');
    server = await serve(demo);
    client = deskClient(server, demo, civil);
    bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    [someone] = demo.samples().filter((person) => person.marital_status === '1');
});
after(async () => {
    client?.destroy();
    bank?.destroy();
    await server?.stop();
    demo?.remove();
});

const send = (changes, more) => post(client, civil.set(changes, more));
const next = async (changes) => {
    const answer = await send(changes);
    assert.equal(answer.status, 200, answer.text);
    civil.number++;
    return answer.json;
};
const married = { kind: 'married', set: { marital_status: '2' } };

test('a set is applied, answered change by change, and the same again answers the same', async () => {
    const changes = [{ ...married, id: someone.id }, { ...married, id: '100000900000' }];
    const first = await next(changes);
    assert.deepEqual(first.results, [{ result: 'applied' }, { result: 'not_found' }]);
    const again = await send(changes, { number: 1 });
    assert.deepEqual({ ...again.json, again: false }, first);
    assert.equal(again.json.again, true);
    const answer = await bank.lookup(kycAsk(someone, { fields: ['full_name'] }));
    assert.equal(answer.status, 200, answer.text);
});

test('a gap names the number expected; other content under a used number is a conflict on record',
    async () => {
        const gap = await send([{ ...married, id: someone.id }], { number: 9 });
        assert.equal(gap.status, 409);
        assert.equal(gap.json.code, 'number_gap');
        assert.equal(gap.json.expected, 2);
        const other = await send([{ ...married, id: '100000900001' }], { number: 1 });
        assert.equal(other.status, 409);
        assert.equal(other.json.code, 'number_conflict');
        await until('the public log tells of the conflict', async () =>
            (await demo.dancu(['ledger', 'show', '--last', '5'])).stdout.includes('source.conflict'));
    });

test('all faults of a set are told at once, and nothing of it is applied', async () => {
    const bad = await send([{ kind: 'flown', id: '1', set: { sex: '9', nobody: 1 } }]);
    assert.equal(bad.status, 400);
    assert.deepEqual(bad.json.invalid_params.map(({ name }) => name),
        ['/changes/0/id', '/changes/0/kind', '/changes/0/set/sex', '']);
});

test('only the key on file and the certificate on file of a source count', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = new Signer('HOTICH', privateKey, civil.client, civil.origin);
    const payload = { aud: civil.origin, number: civil.number, changes: [{ ...married, id: someone.id }] };
    const header = { alg: 'ES256', kid: 'HOTICH', typ: 'dancu-changes+json' };
    const jws = civil.jws(payload, header);
    const [head, , tail] = jws.split('.');
    const forged = `${head}.${Buffer.from(JSON.stringify({ ...payload, number: 77 }))
        .toString('base64url')}.${tail}`;
    for (const one of [stranger.jws(payload, header), forged,
        civil.jws(payload, { ...header, typ: 'dancu-act+json' }),
        civil.jws(payload, { ...header, kid: 'NOBODY' })]) {
        const answer = await post(client, one);
        assert.equal(answer.status, 401, answer.text);
        assert.equal(answer.json.code, 'signature_invalid');
    }
    const banks = new Http2Client({ port: server.port + 2, ca: demo.ca, ...demo.client('bank') });
    const answer = await post(banks, jws);
    assert.equal(answer.status, 403);
    assert.equal(answer.json.code, 'not_yours');
    banks.destroy();
    const act = await client.post('/v1/acts', jws, { 'content-type': 'application/jose' });
    assert.equal(act.status, 401, 'changes are no act');
});

test('protection takes force for the next ask, and a corrected number is the person\'s alone',
    async () => {
        const guard = await makeSource(demo, 'BAOVE', 'protection');
        const guards = deskClient(server, demo, guard);
        const protect = (on) => post(guards, guard.set([{ kind: 'protected', id: someone.id,
            set: { protected: on } }], { number: guard.number++ }));
        const ask = kycAsk(someone, { fields: ['full_name'] });
        assert.deepEqual((await protect(true)).json.results, [{ result: 'applied' }]);
        assert.equal((await bank.lookup(ask)).status, 404);
        assert.deepEqual((await protect(false)).json.results, [{ result: 'applied' }]);
        assert.equal((await bank.lookup(ask)).status, 200);
        const id = '100000900077';
        const corrected = await next([{ kind: 'corrected', id: someone.id, set: { id } },
            { kind: 'protected', id, set: { protected: true } }]);
        assert.deepEqual(corrected.results, [{ result: 'applied' }, { result: 'not_authorised' }]);
        assert.equal((await bank.lookup(ask)).status, 404, 'the old number is nobody\'s');
        assert.equal((await bank.lookup({ ...ask, subject: { ...subjectOf(someone), id } })).status,
            200);
        guards.destroy();
    });

test('a source that is suspended sends nothing, and `feed send` goes on where it may', async () => {
    const file = path.join(demo.dir, 'changes.ndjson');
    writeFileSync(file, ['2', '3', '2'].map((marital_status) => JSON.stringify({ kind: 'married',
        id: '100000900077', set: { marital_status } })).join('\n'));
    const args = ['feed', 'send', file, '--as', 'HOTICH', '--sign-key', civil.keyPath, '--origin',
        civil.origin, '--number', String(civil.number), '--size', '2', '--desk',
        `localhost:${server.port + 2}`, '--tls-cert', civil.client.certPath, '--tls-key',
        civil.client.keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')];
    await demo.act('source', 'suspend', 'HOTICH', '--reason', 'test');
    const refused = await demo.dancu(args);
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /signature_invalid/);
    await demo.act('source', 'resume', 'HOTICH', '--reason', 'test');
    const sent = await demo.dancu(args);
    assert.equal(sent.status, 0, sent.stderr);
    const lines = sent.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ number, results }) => [number - civil.number, results.length]),
        [[0, 2], [1, 1]]);
});

test('a feed that is killed again and again comes to the straight import of its end', async () => {
    const found = await feed('feed', { changes: 600, persons: PERSONS, among: 2000, kills: 4,
        size: 20, pauseMs: 100 });
    assert.equal(found.changes, 600);
    assert.ok(found.equal);
});
