// What citizens may do about what the register has of them, over sessions of a portal: object and
// complain, and be told what came of it; let a bank ask once; know who may ask; lock, where the law
// has it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';

let demo;
let citizens;
let server;
let bank;
let signers;
let me; // the first of the samples
let other;
const desk = {};
const people = () => demo.samples();

const sign = async (who, act, values) => {
    const answer = await desk[who].request({ method: 'POST', path: '/v1/acts',
        body: signers[who].act(act, values), headers: { 'content-type': 'application/jose' } });
    assert.equal(answer.status, 200, answer.text);
};
// The bank asks about one of them; the place of its record in the log.
const looked = async (number) =>
    verifyReceipt((await bank.lookup(kycAsk(people()[number]))).json, demo.vkey).index;
const outcomeOf = async (code) => (await me('complaints')).json.complaints
    .find((complaint) => complaint.code === code).outcome;

before(async () => {
    demo = await demonstration('citizen_rights');
    citizens = await Citizens.open(demo);
    signers = await makeOfficers(demo);
    server = await serve(demo, { args: citizens.args });
    await citizens.ready(server);
    bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    for (const who of ['LAN', 'HOA']) {
        desk[who] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signers[who].client });
    }
    me = await citizens.signIn(people()[0].id);
    other = await citizens.signIn(people()[1].id);
});
after(async () => {
    Object.values(desk).forEach((client) => client.destroy());
    bank?.destroy();
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

test('a lock is refused in words under the law of 2021, which has none', async () => {
    verifyProblem(await me('lock'), 403, 'service_not_open');
    const { json } = await me('lock.state');
    assert.deepEqual(json, { against: [], locked: false });
    await looked(0);
});

test('who may ask are the businesses in force, the same for everybody', async () => {
    const mine = await me('askers', { class: 'organisation' });
    assert.ok(mine.json.businesses.some(({ code, party, purpose }) =>
        code === 'NV-BANK-KYC' && party !== null && purpose !== null));
    assert.ok(mine.json.businesses.every(({ class: kind }) => kind === 'organisation'));
    assert.deepEqual((await other('askers', { class: 'organisation' })).json, mine.json);
    assert.doesNotMatch(mine.text, new RegExp(people().slice(0, 10).map(({ id }) => id).join('|'), 'u'));
    verifyProblem(await me('askers', { class: 'banks' }), 400, 'bad_request');
});

test('an objection becomes a review at the desk, and the party is not told who objected', async () => {
    const record = await looked(0);
    const text = 'Tôi không biết vì sao họ hỏi';
    verifyProblem(await other('object', { record, text }), 404, 'not_found');
    const { json: { code } } = await me('object', { record, text });
    verifyProblem(await me('object', { record, text }), 409, 'request_conflict');
    const review = await desk.HOA.get(`/v1/reviews/R-${record}`);
    assert.equal(review.json.state, 'asked');
    assert.equal(review.json.drawn, 'rule');
    assert.ok(!review.text.includes(people()[0].id));
    assert.equal(await outcomeOf(code), 'in_review');
    assert.deepEqual((await other('complaints')).json, { complaints: [] });
});

test('who complains is answered, after an officer has signed to read what he says', async () => {
    const { json: { code } } = await me('complain', { text: 'Cán bộ hỏi số của tôi nhiều lần' });
    const before_ = await desk.HOA.get(`/v1/complaints/${code}`);
    assert.deepEqual(Object.keys(before_.json), ['code', 'day', 'state', 'version']);
    await sign('HOA', 'complaint.read', { code, reason: 'Trả lời' });
    const read = await desk.HOA.get(`/v1/complaints/${code}`);
    assert.equal(read.json.text, 'Cán bộ hỏi số của tôi nhiều lần');
    assert.equal(read.json.number, people()[0].id);
    assert.equal(read.headers['cache-control'], 'no-store');
    assert.equal((await desk.LAN.get(`/v1/complaints/${code}`)).json.text, undefined);
    assert.equal(await outcomeOf(code), 'waits');
    await sign('LAN', 'complaint.answer', { code, answer: 'Đã nhắc nhở' });
    const [told] = (await me('complaints')).json.complaints.filter((one) => one.code === code);
    assert.equal(told.outcome, 'answered');
    assert.equal(told.answer, 'Đã nhắc nhở');
    verifyProblem(await other('complaint.withdraw', { code }), 404, 'not_found');
    verifyProblem(await me('complaint.withdraw', { code }), 409, 'request_conflict');
});

test('a one-time code lets the bank ask once, about nobody else, and is told as used', async () => {
    const fields = ['full_name', 'birth_date'];
    const given = await me('code', { days: 3, fields, party: 'bank', purpose: 'Mở tài khoản' });
    const { business, code } = given.json;
    assert.match(business, /^MA(-[0-9A-HJKMNP-TV-Z]{4}){4}$/u);
    const ask = (number, more = {}) => bank.lookup(kycAsk(people()[number], { business, fields, ...more }));
    verifyProblem(await ask(1), 404, 'subject_not_available', { vkey: demo.vkey, receipt: true });
    verifyProblem(await ask(0, { fields: ['sex'] }), 403, 'field_not_granted',
        { vkey: demo.vkey, receipt: true });
    const answer = await ask(0);
    assert.equal(answer.status, 200, answer.text);
    const { index } = verifyReceipt(answer.json, demo.vkey);
    assert.equal(answer.json.person.full_name, people()[0].full_name);
    verifyProblem(await ask(0), 429, 'quota_exceeded', { vkey: demo.vkey, receipt: true });
    await until('it is recorded as used', async () =>
        (await me('codes')).json.codes.some((one) => one.code === code && one.state === 'used'));
    const [told] = (await me('codes')).json.codes.filter((one) => one.code === code);
    assert.equal(told.record, index);
    assert.ok(!JSON.stringify(told).includes(business));
    verifyProblem(await me('code.withdraw', { code }), 409, 'request_conflict');
});

test('a code that was withdrawn is a business of nobody', async () => {
    const given = await other('code', { fields: ['full_name'], party: 'bank', purpose: 'Vay' });
    const { business, code } = given.json;
    verifyProblem(await me('code.withdraw', { code }), 404, 'not_found');
    assert.equal((await other('code.withdraw', { code })).status, 200);
    verifyProblem(await bank.lookup(kycAsk(people()[1], { business, fields: ['full_name'] })), 403,
        'business_not_granted', { vkey: demo.vkey, receipt: true });
});

test('of hidden looks past years alone are told', async () => {
    const { json } = await me('hidden');
    const thisYear = new Date(Date.now() + 7 * 3600_000).getUTCFullYear();
    assert.ok(json.years.length > 0 && json.years.every(({ year, looks }) => year < thisYear && looks === 0));
});
