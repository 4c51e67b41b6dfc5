// Asks with an Idempotency-Key, receipts fetched again, RateLimit fields: by real clients, over both
// protocols, by any edge, and after a restart.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pointers, verifyAnswer, verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk, subjectOf, unknownId } from './lib/asks.mjs';
import { protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { verifyProof } from './lib/note.mjs';
import { serve } from './lib/server.mjs';

const bank = { party: 'bank', account: 'bank' };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
let demo;
let server;
let samples;

before(async () => {
    demo = await demonstration('repeat');
    server = await serve(demo, { edges: 2 });
    samples = demo.samples();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

// On a connection of its own, so that any edge may have it.
async function once(kind, name, call) {
    const client = new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });
    try {
        return await call(client);
    } finally {
        client.destroy();
    }
}
const lookup = (kind, ask, headers = {}, name = 'bank') =>
    once(kind, name, (client) => client.lookup(ask, headers));
const receipt = (kind, id, query = '', name = 'bank') =>
    once(kind, name, (client) => client.get(`/v1/receipts/${id}${query}`));
const noReceipt = (kind, id) =>
    once(kind, 'bank', (client) => client.off.get(`/v1/receipts/${id}`));
const keyed = (key) => ({ 'idempotency-key': key });
const numbers = ({ headers }) => ({
    policy: headers['ratelimit-policy'], limit: headers.ratelimit,
});
const remaining = (answer) => Number(/^"day";r=(\d+);t=\d+$/.exec(answer.headers.ratelimit)[1]);

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        const other = protocols.find((one) => one !== kind);
        const key = (name) => `${kind.label}-${name}!~`;

        test('the same key and bytes get the same bytes, by either protocol and any edge', async () => {
            const ask = kycAsk(samples[0]);
            const first = await lookup(kind, ask, keyed(key('a')));
            verifyAnswer(first, ask, demo.vkey, bank);
            for (let i = 0; i < 6; i++) {
                const again = await lookup(i % 2 ? kind : other, ask, keyed(key('a')));
                assert.equal(again.text, first.text);
                assert.equal(remaining(again), remaining(first), 'no unit of quota');
            }
            const fresh = await lookup(kind, ask);
            assert.notEqual(fresh.json.ask, first.json.ask);
            assert.equal(remaining(fresh), remaining(first) - 1);
            assert.equal(verifyProof(fresh.json.receipt.proof, fresh.json.receipt.entry, demo.vkey).index,
                verifyProof(first.json.receipt.proof, first.json.receipt.entry, demo.vkey).index + 1,
                'no record stands between them');
        });

        test('refusals and misses repeat as they were', async () => {
            const { name, birth_date: born } = subjectOf(samples[1]);
            const cases = [
                [kycAsk(samples[1], { business: 'NV-NOBODY' }), 403, 'business_not_granted'],
                [kycAsk(samples[1], { case: undefined }), 403, 'case_missing'],
                [kycAsk(samples[1], { fields: ['sex', 'religion'] }), 403, 'field_not_granted'],
                [kycAsk(samples[1], { subject: { id: unknownId(protocols.indexOf(kind)), name,
                    birth_date: born } }), 404, 'subject_not_available'],
            ];
            for (const [ask, status, code] of cases) {
                const first = await lookup(kind, ask, keyed(key(code)));
                verifyProblem(first, status, code, { vkey: demo.vkey, receipt: true });
                const again = await lookup(other, ask, keyed(key(code)));
                assert.equal(again.text, first.text);
            }
        });

        test('another body, or another order of members, is a conflict without a receipt', async () => {
            const ask = kycAsk(samples[2]);
            const first = await lookup(kind, ask, keyed(key('c')));
            for (const body of [kycAsk(samples[3]), JSON.stringify(ask).replace('{', '{ ')]) {
                const answer = await lookup(other, body, keyed(key('c')));
                const { body: problem } = verifyProblem(answer, 409, 'idempotency_conflict');
                assert.ok(!answer.text.includes(first.json.ask) && !('clause' in problem));
            }
            assert.equal((await lookup(kind, ask, keyed(key('c')))).text, first.text);
            const theirs = await lookup(kind, kycAsk(samples[3]), keyed(key('c')), 'hcm-onestop');
            verifyProblem(theirs, 403, 'business_not_granted', { vkey: demo.vkey, receipt: true });
        });

        test('many at once with one key are one ask', async () => {
            const ask = kycAsk(samples[4]);
            const before = remaining(await lookup(kind, ask));
            const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
                lookup(i % 2 ? kind : other, ask, keyed(key('many')))));
            for (const answer of answers) {
                assert.equal(answer.text, answers[0].text);
            }
            assert.equal(remaining(await lookup(kind, ask)), before - 2);
        });

        test('a receipt is fetched again by id, with the opening or without', async () => {
            const ask = kycAsk(samples[5]);
            const { json: first } = await lookup(kind, ask);
            const alone = await receipt(kind, first.ask);
            assert.equal(alone.status, 200, alone.text);
            assert.deepEqual(alone.json, { ask: first.ask, receipt: first.receipt });
            assert.equal(alone.headers['cache-control'], 'no-store');
            const { json: whole } = await receipt(other, first.ask, '?opening=1');
            assert.deepEqual(whole, { ask: first.ask, opening: first.opening, receipt: first.receipt });
            verifyReceipt(whole, demo.vkey);
            const refused = await lookup(kind, kycAsk(samples[5], { case: ' ' }));
            const { json: refusal } = await receipt(other, refused.json.ask);
            assert.deepEqual(refusal.receipt, refused.json.receipt);
        });

        test('another account, an unknown id and what is no id are not found', async () => {
            const { json: first } = await lookup(kind, kycAsk(samples[6]));
            const last = first.ask.at(-1);
            const wrong = first.ask.slice(0, -1) + (last === '0' ? '1' : '0');
            const answers = [
                await receipt(kind, first.ask, '', 'hcm-onestop'), await receipt(kind, wrong),
                await noReceipt(kind, first.ask.toUpperCase().replace('-', 'x')),
                await noReceipt(kind, ''), await noReceipt(kind, `${first.ask}/x`),
            ];
            for (const answer of answers) {
                verifyProblem(answer, 404, 'not_found');
                assert.equal(answer.text, answers[0].text);
            }
            const query = await receipt(kind, first.ask, '?opening=yes');
            verifyProblem(query, 400, 'bad_request');
            assert.deepEqual(pointers(query), ['query']);
            const posted = await once(kind, 'bank', (client) =>
                client.off.post(`/v1/receipts/${first.ask}`, '{}'));
            verifyProblem(posted, 405, 'method_not_allowed');
            assert.equal(posted.headers.allow, 'GET');
            verifyProblem(await receipt(kind, first.ask, '', 'revoked'), 401, 'unauthenticated');
        });

        test('RateLimit fields tell the quota of the asker\'s own business', async () => {
            const answer = await lookup(kind, kycAsk(samples[7]), { traceparent: TRACE });
            const found = numbers(answer);
            const [, quota] = /^"day";q=(\d+);w=86400$/.exec(found.policy);
            const [, rest, seconds] = /^"day";r=(\d+);t=(\d+)$/.exec(found.limit);
            assert.ok(Number(rest) < Number(quota) && Number(seconds) <= 86400);
            assert.equal(answer.headers.traceparent, TRACE);
            const midnight = 86400 - (Math.floor(Date.now() / 1000) + 7 * 3600) % 86400;
            assert.ok(Math.abs(Number(seconds) - midnight) <= 5, 'the day ends at 17:00 UTC');
            const refused = await lookup(kind, kycAsk(samples[7], { case: '' }));
            assert.equal(numbers(refused).policy, found.policy);
            const theirs = await lookup(kind, kycAsk(samples[7], { business: 'NV-HCM-RESIDENCE' }));
            assert.deepEqual(numbers(theirs), { policy: undefined, limit: undefined });
            const badly = await lookup(kind, kycAsk(samples[7]), { traceparent: '00-x-y-01' });
            assert.equal(badly.headers.traceparent, undefined);
        });
    });
}

test('a business that is suspended since refuses the repeat, and recorded repeats outlive a restart',
    async () => {
        const [kind, other] = protocols;
        const kept = kycAsk(samples[8]);
        const first = await lookup(kind, kept, keyed('kept'));
        await server.stop();
        await server.start({ port: server.port });
        assert.equal((await lookup(other, kept, keyed('kept'))).text, first.text);
        await demo.act('business', 'suspend', 'NV-BANK-KYC', '--reason', 'test');
        const refused = await lookup(kind, kept, keyed('kept'));
        verifyProblem(refused, 403, 'business_not_granted', { vkey: demo.vkey, receipt: true });
        assert.notEqual(refused.json.ask, first.json.ask);
        await demo.act('business', 'resume', 'NV-BANK-KYC', '--reason', 'test');
        assert.equal((await lookup(other, kept, keyed('kept'))).text, refused.text);
        // A receipt is what it was whatever happened since; our own command says so too.
        const file = path.join(demo.dir, 'receipt.json');
        writeFileSync(file, (await receipt(kind, first.json.ask, '?opening=1')).text);
        await demo.act('receipt', 'verify', file, '--vkey', demo.vkeyFile);
    });
