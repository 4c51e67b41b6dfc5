// Written requests over the desk, by real clients: a bank writes to the office that decides, a
// citizen to a commune; officers receive, ask for what is missing, decide by two, in time.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { verifyProblem } from './lib/answer.mjs';
import { Http2Client } from './lib/client.mjs';
import { root, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';

const VN_MS = 7 * 3600_000;
const NAME = 'Trần Thị Thử Nghiệm Hồ Sơ';
const NUMBER = '079090912345';
const today = () => new Date(Date.now() + VN_MS).toISOString().slice(0, 10);
let demo;
let server;
let signers;
const clients = {};

const open = async () => {
    Object.values(clients).forEach((client) => client.destroy());
    server = await serve(demo);
    for (const [name, signer] of Object.entries(signers)) {
        clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    }
};
const post = (who, jws) => clients[who].request({
    method: 'POST', path: '/v1/acts', body: jws, headers: { 'content-type': 'application/jose' },
});
const bring = (who, act, values) => post(who, signers[who].act(act, values));
const good = async (who, act, values) => {
    const answer = await bring(who, act, values);
    assert.ok([200, 202].includes(answer.status), `${act}: ${answer.text}`);
    return answer.json;
};
const both = async (act, values) => {
    const { object } = await good('LAN', act, values);
    return good('HOA', 'proposal.approve', { code: object });
};
const see = async (who, address) => (await clients[who].get(address)).json;
const caseOf = (code, who = 'LAN') => see(who, `/v1/cases/${code}`);

before(async () => {
    demo = await demonstration('cases');
    signers = { ...await makeOfficers(demo), bank: accountOf(demo, 'bank') };
    await open();
    const police = { parent: 'Bộ Công an', place: 'Hà Nội' };
    await both('office.add', { ...police, code: 'C06', level: 'national', name: 'Cục C06',
        sign: 'C06' });
    await both('office.add', { ...police, code: 'XA-1', level: 'commune', name: 'Công an phường 1',
        sign: 'CAP', province: '79', above: 'C06' });
    for (const [code, officer, capacity] of [['C06', 'LAN', 'staff'], ['C06', 'MINH', 'head'],
        ['C06', 'HOA', 'deputy'], ['XA-1', 'LAN', 'staff'], ['XA-1', 'HOA', 'head']]) {
        await both('office.member-put', { code, officer, capacity });
    }
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    demo?.remove();
});

const request = (more = {}) => Object.fromEntries(Object.entries({ office: 'C06', intake: 'post',
    party: 'bank', purpose: 'Thi hành án', content: `Nơi thường trú của ${NAME}`,
    fields: 'full_name,permanent_residence', undertaken: 'true', ...more })
    .filter(([, value]) => value !== ''));
const receive = async (more) => (await good('LAN', 'case.receive', request(more))).object;

// The last of so many working days behind a day, by a reader of the law's table that is not ours.
const deadline = (from, days) => {
    const { holidays, make_up_days: extra } = parse(
        readFileSync(path.join(root, 'policy/holidays.yaml'), 'utf8'), { schema: 'failsafe' });
    const date = new Date(`${from}T00:00:00Z`);
    for (let left = days; left > 0;) {
        date.setUTCDate(date.getUTCDate() + 1);
        const day = date.toISOString().slice(0, 10);
        const off = holidays.some((row) => row.from <= day && day <= row.until) ||
            [0, 6].includes(date.getUTCDay());
        left -= !off || extra.some((row) => row.date === day) ? 1 : 0;
    }
    return date.toISOString().slice(0, 10);
};

test('a request is received, completed, accepted with its day and fee, and refused by two', async () => {
    const code = await receive({ undertaken: '' });
    assert.equal(code, `C06-${today().slice(0, 4)}-000001`);
    verifyProblem(await bring('LAN', 'case.accept', { code }), 409, 'state_conflict');
    await good('LAN', 'case.supplement', { code, missing: 'Bản cam kết' });
    assert.equal((await caseOf(code)).state, 'incomplete');
    await good('LAN', 'case.complete', { code, undertaken: 'true' });
    await good('LAN', 'case.accept', { code });
    const accepted = await caseOf(code);
    assert.equal(accepted.due, deadline(today(), 3));
    assert.equal(accepted.fee_due, 2000);
    verifyProblem(await bring('LAN', 'case.propose', { code, decision: 'refuse', reason: 'Không' }),
        400, 'bad_input');
    await good('LAN', 'case.propose', { code, decision: 'refuse', clause: 'P3',
        reason: 'Mục đích không rõ' });
    const { answer } = await caseOf(code);
    assert.match(answer.appeal, /khiếu nại/);
    const approval = { code, proposal: String(answer.proposal) };
    verifyProblem(await bring('LAN', 'case.approve', approval), 403, 'role_missing');
    verifyProblem(await bring('HOA', 'case.approve', approval), 403, 'not_yours'); // the head is there
    verifyProblem(await bring('MINH', 'case.approve', { code, proposal: '1' }), 412, 'stale_etag');
    await good('MINH', 'case.approve', approval);
    const decided = await caseOf(code);
    assert.ok(['approved', 'numbered', 'signed'].includes(decided.state)); // its letter is made
    assert.deepEqual([decided.answer.approved_as, decided.answer.late], ['head', false]);
    assert.deepEqual(decided.moves.map(({ event }) => event).slice(0, 6),
        ['receive', 'supplement', 'complete', 'accept', 'propose', 'approve']);
});

test('a text that could stand in no letter is refused at its field', async () => {
    for (const content of ['No\u031bi o\u031b\u0309', 'Nơi ở ', 'Nơi\u200b ở']) {
        const answer = await bring('LAN', 'case.receive', request({ content }));
        verifyProblem(answer, 400, 'bad_input');
        assert.match(answer.text, /"\/values\/content"/);
    }
});

test('who proposes does not approve, and a deputy approves when the head may not', async () => {
    const code = await receive();
    await good('LAN', 'case.accept', { code });
    const pay = (vnd, receipt) => bring('LAN', 'case.pay', { code, vnd, receipt });
    verifyProblem(await pay('2001', 'BL-01'), 409, 'state_conflict'); // more than is owed
    assert.equal((await pay('700', 'BL-01')).status, 200);
    assert.equal((await pay('700', 'BL-02')).status, 200);
    verifyProblem(await pay('600', 'BL-01'), 409, 'state_conflict'); // each receipt once
    const { fee_paid: paid, fee_receipts: receipts } = await caseOf(code);
    assert.deepEqual([paid, receipts], [1400, ['BL-01', 'BL-02']]);
    await good('MINH', 'case.propose', { code, decision: 'refuse', clause: 'P3', reason: 'Không' });
    const { answer: { proposal } } = await caseOf(code);
    const approval = { code, proposal: String(proposal) };
    verifyProblem(await bring('MINH', 'case.approve', approval), 403, 'own_proposal');
    await good('HOA', 'case.approve', approval);
    assert.equal((await caseOf(code)).answer.approved_as, 'deputy');
    verifyProblem(await bring('HOA', 'case.approve', approval), 409, 'state_conflict');
});

test('what a case says of people is given to who has signed to read it, and to nobody else', async () => {
    const code = await receive();
    for (const who of ['LAN', 'MINH', 'HOA']) {
        assert.equal((await caseOf(code, who)).content, undefined, who);
    }
    assert.equal((await see('LAN', '/v1/cases')).items.some((one) => one.content), false);
    verifyProblem(await clients.bank.get(`/v1/cases/${code}`), 404, 'not_found');
    assert.deepEqual((await see('bank', '/v1/cases')).items, []);
    verifyProblem(await bring('bank', 'case.read', { code, reason: 'x' }), 403, 'not_yours');
    await good('LAN', 'case.read', { code, reason: 'Xét hồ sơ' });
    const { json, headers } = await clients.LAN.get(`/v1/cases/${code}`);
    assert.equal(json.content, `Nơi thường trú của ${NAME}`);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal((await caseOf(code, 'MINH')).content, undefined);
    const { stdout } = await demo.dancu(['case', 'list', code]);
    assert.equal(JSON.parse(stdout).state, 'received');
    assert.equal(stdout.includes(NAME), false, 'nor to root at the machine');
});

test("a citizen's request goes to the commune that decides it, and costs nothing", async () => {
    const code = await receive({ party: '', class: 'citizen', name: NAME, papers: 'id',
        number: NUMBER, intake: 'carrier', undertaken: '' });
    const refused = await bring('LAN', 'case.accept', { code });
    verifyProblem(refused, 409, 'state_conflict');
    assert.match(refused.text, /commune/);
    await good('LAN', 'case.transfer', { code, office: 'XA-1', reason: 'Thẩm quyền' });
    await good('LAN', 'case.accept', { code });
    const { office, fee_due: fee, due } = await caseOf(code);
    assert.deepEqual([office, fee, due], ['XA-1', 0, deadline(today(), 3)]);
});

test('nothing may be said for a case twice, nor over a desk that is closed to it', async () => {
    const jws = signers.LAN.act('case.receive', request());
    const first = await post('LAN', jws);
    assert.equal((await post('LAN', jws)).json.object, first.json.object, 'one case');
    verifyProblem(await bring('LAN', 'case.receive', request({ party: 'nobody' })), 404,
        'act_not_found');
    verifyProblem(await bring('LAN', 'case.found', { code: first.json.object, person: '00',
        id: NUMBER }), 400, 'bad_input');
    await demo.dancu(['case', 'withdraw', first.json.object, '--reason', 'x']).then(
        ({ status }) => assert.notEqual(status, 0, 'nothing is done by hand'));
});

test('a command signs for the desk, and nothing is overdue there', async () => {
    const file = path.join(demo.dir, 'officers', 'LAN.pem');
    const { certPath, keyPath } = demo.client('officer-LAN');
    const args = ['--as', 'LAN', '--sign-key', file, '--desk', `localhost:${server.port + 2}`,
        '--tls-cert', certPath, '--tls-key', keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')];
    const values = Object.entries(request()).filter(([name]) => name !== 'undertaken')
        .flatMap(([name, value]) => [`--${name}`, value]);
    const { status, stdout, stderr } = await demo.dancu(
        ['case', 'receive', ...values, '--undertaken', ...args]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /C06-\d{4}-\d{6}/);
    const { items: [one] } = await see('MINH', '/v1/cases');
    assert.deepEqual(await see('MINH', '/v1/overdue-cases'), { items: [] });
    verifyProblem(await clients.MINH.get(`/v1/overdue-cases/${one.code}`), 404, 'not_found');
    const { stdout: overdue } = await demo.dancu(['case', 'overdue']);
    assert.equal(overdue, '');
});

test('a restart finds every case as it was and counts the offices, and nobody reads the home', async () => {
    const before_ = await see('LAN', '/v1/cases');
    await server.stop();
    await open();
    assert.deepEqual(await see('LAN', '/v1/cases'), before_);
    const here = before_.items.filter(({ office }) => office === 'C06');
    const figures = await until('the offices are counted', async () => {
        const { json } = await clients.MINH.get('/v1/case-figures/C06');
        return json.received > 0 && json;
    });
    assert.deepEqual(figures, { code: 'C06', disclosed: 0, due: 0, granted: 0, in_time: 2, late: 0,
        open: here.length - 2, overdue: 0, received: here.length, refused: 2, rejected: 0, waiting: 0,
        withdrawn: 0 });
    assert.equal((await see('MINH', '/v1/case-figures')).items.length, 2);
    assert.deepEqual((await see('bank', '/v1/case-figures')).items, []);
    await server.stop();
    const { stdout } = await demo.dancu(['office', 'figures', 'C06']);
    assert.deepEqual(JSON.parse(stdout), figures);
    const parts = [Buffer.from(NAME), Buffer.from(NUMBER)];
    for (const entry of readdirSync(demo.home, { recursive: true, withFileTypes: true })) {
        const bytes = entry.isFile()
            ? readFileSync(path.join(entry.parentPath ?? entry.path, entry.name)) : Buffer.alloc(0);
        parts.forEach((part) => assert.ok(!bytes.includes(part), entry.name));
    }
});
