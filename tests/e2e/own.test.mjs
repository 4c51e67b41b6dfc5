// Citizens about themselves, over a session: what the register has of them, nobody else's, a ward's by
// an act of two officers, and a correction that becomes a case.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { unknownId } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { choose, measure } from './lib/own_timing.mjs';
import { day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const OTHERS = ['household', 'relatives'];
let demo;
let server;
let citizens;
let signers;
let person;
let another;
const clients = {};

const bring = async (who, act, values) => {
    const answer = await clients[who].request({ method: 'POST', path: '/v1/acts',
        body: signers[who].act(act, values), headers: { 'content-type': 'application/jose' } });
    assert.ok([200, 202].includes(answer.status), `${act}: ${answer.text}`);
    return answer.json;
};
const both = async (act, values) => {
    const { object } = await bring('LAN', act, values);
    return bring('HOA', 'proposal.approve', { code: object });
};

before(async () => {
    demo = await demonstration('own');
    [person, another] = demo.samples();
    citizens = await Citizens.open(demo);
    server = await serve(demo, { args: citizens.args });
    signers = await makeOfficers(demo);
    for (const [name, signer] of Object.entries(signers)) {
        clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    }
    await citizens.ready(server);
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

test('a citizen sees what the register has of him, and nothing that names others', async () => {
    const me = await citizens.signIn(person.id);
    const answer = await me('view');
    assert.equal(answer.status, 200, answer.text);
    const { fields, numbers, sources } = answer.json.result;
    const { id, cmnd, ...own } = person;
    assert.deepEqual(numbers, { cmnd, id });
    assert.deepEqual(Object.keys(sources.fields), Object.keys(fields));
    assert.deepEqual(Object.keys(sources.numbers), ['cmnd', 'id']);
    for (const { day: since, record, source } of [sources.numbers, sources.fields].flatMap(Object.values)) {
        assert.equal(source, 'import');
        assert.ok(since <= day(0) && since > day(-3), since);
        assert.ok(record > 0);
    }
    assert.deepEqual(fields, Object.fromEntries(Object.entries(own)
        .filter(([name]) => !OTHERS.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1))));
    const { entry, opened } = verifyReceipt(answer.json, demo.vkey);
    assert.deepEqual([entry.class, entry.channel, entry.service, entry.kind],
        ['citizen', 'mps_portal', 'own.view', 'disclosure']);
    assert.deepEqual(opened.agent, { account: 'mps-portal', citizen: id, officer: null,
        operator: opened.agent.operator });
    assert.deepEqual([opened.party, opened.business, opened.case, opened.request.asked],
        ['citizen:own', 'OWN', null, { id }]);
});

test('whoever names another is refused alike, and it is recorded with whom he named', async () => {
    const me = await citizens.signIn(person.id);
    const answers = [];
    for (const id of [another.id, unknownId(7)]) {
        const answer = await me('view', { id });
        const { entry, opened } = verifyProblem(answer, 403, 'own_data_only',
            { vkey: demo.vkey, receipt: true });
        assert.equal(entry.kind, 'refusal');
        assert.deepEqual(opened.request.asked, { id });
        const { ask, opening, receipt, ...rest } = answer.json;
        answers.push({ ...rest, entry: { ...entry, _sd: 9, t: 0 }, parts: opening.length });
    }
    assert.deepEqual(answers[0], answers[1]);
});

test('a series of times of own child, another and nobody is taken: each is refused alike', async () => {
    const people = choose(demo);
    const me = await citizens.signIn(people.parent);
    const { times, pairs } = await measure(me, people, { rounds: 3, batch: 2 }); // 24 at once: a session has 30
    assert.equal(times.length, 3);
    assert.ok(times.every((round) => Object.values(round).every((us) => us > 0)));
    assert.equal(pairs.length, 6);
});

test('who is in no register is told nothing by his own number', async () => {
    const me = await citizens.signIn(unknownId(8));
    verifyProblem(await me('view'), 404, 'subject_not_available', { vkey: demo.vkey, receipt: true });
});

test('a guardian sees his ward from the act of two officers until it ends', async () => {
    const standing = ({ relation, id }) => id && ['father', 'mother'].includes(relation);
    const ward = demo.samples().find((one) => (one.relatives ?? []).some(standing));
    const { id: guardian } = ward.relatives.find(standing);
    const me = await citizens.signIn(guardian);
    const look = () => me('view', { id: ward.id });
    verifyProblem(await look(), 403, 'own_data_only', { vkey: demo.vkey, receipt: true });
    await both('guardian.bind', { guardian, ward: ward.id, basis: 'KS-1', until: day(365) });
    const answer = await look();
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.result.numbers.id, ward.id);
    assert.equal(verifyReceipt(answer.json, demo.vkey).opened.agent.citizen, guardian);
    const stranger = await citizens.signIn(person.id);
    verifyProblem(await stranger('view', { id: ward.id }), 403, 'own_data_only',
        { vkey: demo.vkey, receipt: true });
    await bring('LAN', 'guardian.end', { guardian, ward: ward.id, reason: 'Đủ tuổi' });
    verifyProblem(await look(), 403, 'own_data_only', { vkey: demo.vkey, receipt: true });
});

test('an act alone makes nobody a guardian: the record must name him', async () => {
    const me = await citizens.signIn(person.id);
    await both('guardian.bind', { guardian: person.id, ward: another.id, basis: 'KS-2',
        until: day(365) });
    verifyProblem(await me('view', { id: another.id }), 404, 'subject_not_available',
        { vkey: demo.vkey, receipt: true });
});

test('a correction becomes a case, whose state who asked sees to its end', async () => {
    for (const [code, level] of [['CAP', 'commune'], ['C06', 'national']]) {
        await both('office.add', { code, level, name: `Cơ quan ${code}`, parent: 'Bộ Công an',
            sign: code, place: 'Hà Nội', address: '1 Lê Lợi',
            ...(level === 'commune' ? { province: '79' } : {}) });
        await both('office.member-put', { code, officer: 'LAN', capacity: 'staff' });
        await both('office.member-put', { code, officer: 'MINH', capacity: 'head' });
    }
    const me = await citizens.signIn(person.id);
    const asked = await me('correct', { content: 'Nơi sinh là Thành phố Huế', office: 'CAP',
        fields: ['native_place'], name: person.full_name });
    assert.equal(asked.status, 200, asked.text);
    const { case: code, state } = asked.json;
    assert.equal(state, 'received');
    const seen = async (who = me) => (await who('correction', { case: code })).json;
    await bring('LAN', 'case.accept', { code });
    assert.deepEqual([(await seen()).state, (await seen()).decision], ['accepted', null]);
    await bring('LAN', 'case.propose', { code, decision: 'correct', fields: 'native_place',
        reason: 'Theo giấy khai sinh' });
    assert.equal((await seen()).reason, null, 'nothing is told before it is decided');
    const { answer } = (await clients.LAN.get(`/v1/cases/${code}`)).json;
    await bring('MINH', 'case.approve', { code, proposal: String(answer.proposal) });
    const { decision, reason } = await seen();
    assert.deepEqual([decision, reason], ['correct', 'Theo giấy khai sinh']);
    await bring('LAN', 'case.close', { code });
    assert.equal((await seen()).state, 'closed');
    const stranger = await citizens.signIn(another.id);
    assert.equal((await stranger('correction', { case: code })).status, 404);
    assert.equal((await me('correct', { content: 'x', fields: ['shoe_size'], name: 'An' })).status, 400);
});
