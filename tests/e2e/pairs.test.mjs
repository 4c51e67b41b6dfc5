// All 28 pairs of class and channel, end to end (F1 to F4): what the law opens is answered, what it
// does not is refused and recorded; and the public log alone shows which is which.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { subjectOf } from './lib/asks.mjs';
import { Centre } from './lib/centre.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { addSigningKey, assertion, keyPair } from './lib/proofs.mjs';
import { addBusiness, addParty, connectParty, INSTRUMENT } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const CLASSES = ['state', 'organisation', 'citizen', 'other'];
const CHANNELS = ['national_portal', 'mps_portal', 'ministry_one_stop', 'province_one_stop',
    'written', 'sms', 'guided'];
// Written a second time, from the circular and not from the policy's rows.
const OPEN = {
    state: ['national_portal', 'mps_portal', 'ministry_one_stop', 'province_one_stop', 'written'],
    organisation: ['national_portal', 'mps_portal', 'written', 'guided'],
    citizen: ['national_portal', 'mps_portal', 'written', 'sms'],
    other: ['written'],
};
const PAIRS = CLASSES.flatMap((kind) => CHANNELS.map((channel) =>
    ({ kind, channel, open: OPEN[kind].includes(channel) })));
const partyOf = (kind) => `p-${kind}`;
const FIELDS = 'birth_date,full_name';
const PHONE = '84950000001';
const keys = Object.fromEntries(CHANNELS.map((channel) => [channel, keyPair()]));
let demo;
let server;
let centre;
let signers;
let person;
const clients = {};

// One operator, whose system carries asks of all four parties; each channel is an account's of its own.
async function addChannels() {
    await demo.act('party', 'add', '--code', 'op', '--class', 'state', '--kind', 'test', '--name',
        'Đơn vị vận hành');
    await connectParty(demo, 'op');
    await demo.act('operator', 'add', 'op');
    await demo.act('operator', 'parties-put', 'op', '--parties', CLASSES.map(partyOf).join(','));
    await demo.act('operator', 'officers-put', 'op', '--officers', 'lan');
    for (const channel of CHANNELS.filter((one) => one !== 'written')) {
        const name = `op-${channel}`;
        const { certPath } = await demo.issue(name);
        await demo.act('account', 'add', '--code', name, '--party', 'op', '--channel', channel,
            '--cert', certPath, ...(channel === 'guided' ? ['--instrument', INSTRUMENT] : []));
        await demo.act('account', 'require', name, '--proof', 'assertion', '--reason', 'I11');
        await addSigningKey(demo, `key-${channel}`, name, keys[channel]);
    }
}

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
    demo = await demonstration('pairs');
    [person] = demo.samples().filter((one) => one.birth_date.length === 10);
    await addParty(demo, 'centre', { class: 'state', channel: 'sms' });
    await demo.act('phone', 'bind', '--phone', `0${PHONE.slice(2)}`, '--person', person.id);
    centre = await new Centre().listen();
    server = await serve(demo, { args: centre.args(demo.dir) });
    await centre.untilBound();
    for (const kind of CLASSES) {
        await demo.act('party', 'add', '--code', partyOf(kind), '--class', kind, '--kind', 'test',
            '--name', `Đơn vị ${kind}`);
        await connectParty(demo, partyOf(kind));
    }
    await addChannels();
    for (const kind of ['state', 'organisation']) {
        await addBusiness(demo, `T-${kind}`, partyOf(kind), { fields: FIELDS.split(','),
            channels: OPEN[kind].filter((one) => one !== 'written').join(',') });
    }
    signers = await makeOfficers(demo);
    for (const [name, signer] of Object.entries(signers)) {
        clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    }
    for (const [code, level] of [['CAP', 'commune'], ['C06', 'national']]) {
        await both('office.add', { code, level, name: `Cơ quan ${code}`, parent: 'Bộ Công an',
            sign: code, place: 'Hà Nội', address: '1 Lê Lợi',
            ...(level === 'commune' ? { province: '79' } : {}) });
        await both('office.member-put', { code, officer: 'LAN', capacity: 'staff' });
        await both('office.member-put', { code, officer: 'MINH', capacity: 'head' });
    }
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    centre?.close();
    demo?.remove();
});

// A citizen asks about himself, as whom the portal's assertion names; all others by an officer.
async function ask({ kind, channel }) {
    const own = kind === 'citizen';
    const body = Buffer.from(JSON.stringify({ business: own ? 'OWN' : `T-${kind}`, case: 'HS-1',
        subject: subjectOf(person), fields: FIELDS.split(',') }));
    const proof = await assertion(demo, body, keys[channel], { kid: `key-${channel}`, claims: { party: partyOf(kind),
        service: own ? 'own.view' : 'citizen.lookup',
        ...(own ? { officer: undefined, citizen: person.id } : {}) } });
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(`op-${channel}`) });
    try {
        return await client.post(own ? '/v1/own/view' : '/v1/lookup', body,
            { 'dancu-assertion': proof });
    } finally {
        await client.close();
    }
}

// A citizen writes from his phone to the message centre: the process `sms` has no other way in.
async function text() {
    centre.write(PHONE, 'DC TT');
    const told = await centre.answer(PHONE);
    assert.ok(told.includes(person.birth_date.split('-').reverse().join('/')), told);
    assert.ok(!told.includes(person.id), told);
}

// A request in writing, from who is on file or by papers, until its data has left for its letter.
async function write({ kind }) {
    const onFile = ['state', 'organisation'].includes(kind);
    const office = onFile ? 'C06' : 'CAP';
    const who = onFile ? { party: partyOf(kind) } : { class: kind, name: person.full_name, papers: 'id',
        number: kind === 'citizen' ? person.id : '079090955555', 'papers-seen': 'true' };
    const { object: code } = await bring('LAN', 'case.receive', { office, intake: 'post', ...who,
        address: '1 Lê Lợi', purpose: 'Kiểm thử', content: 'Kiểm thử', fields: FIELDS,
        undertaken: 'true' });
    const see = async () => (await clients.LAN.get(`/v1/cases/${code}`)).json;
    await bring('LAN', 'case.accept', { code });
    await bring('LAN', 'case.find', { code, name: person.full_name,
        'birth-date': person.birth_date, id: person.id });
    await until('the case has the person', async () => (await see()).found);
    await bring('LAN', 'case.propose', { code, decision: 'disclose', fields: FIELDS });
    const { answer, fee_due: fee } = await see();
    if (fee > 0) {
        await bring('LAN', 'case.pay', { code, vnd: String(fee), receipt: `BL-${kind}` });
    }
    await bring('MINH', 'case.approve', { code, proposal: String(answer.proposal) });
    await until('its letter is signed', async () => (await see()).state === 'signed');
}

test('each pair of class and channel is answered, or refused as the law says', async () => {
    for (const pair of PAIRS) {
        if (pair.channel === 'written') {
            await write(pair);
            continue;
        }
        if (pair.kind === 'citizen' && pair.channel === 'sms') {
            await text();
            continue;
        }
        const answer = await ask(pair);
        const what = `${pair.kind} by ${pair.channel}: ${answer.text}`;
        assert.equal(answer.status, pair.open ? 200 : 403, what);
        assert.equal(pair.open || answer.json.code === 'channel_not_open', true, what);
    }
});

test('the public log shows 14 pairs that were answered and 14 that were refused', async () => {
    const { record } = await bring('LAN', 'case.receive', { office: 'CAP', intake: 'post',
        class: 'other', name: 'Trần Văn Xin', papers: 'id', number: '079090955555',
        purpose: 'x', content: 'x', fields: FIELDS });
    const figures = await until('the log is published', async () => {
        const { stdout } = await demo.dancu(['ledger', 'figures', '--dir',
            path.join(demo.home, 'ledger'), '--vkey', demo.vkeyFile, '--json']);
        const found = JSON.parse(stdout);
        return found.size > record && found.figures;
    });
    const told = ({ kind, channel }) => figures.filter((row) => row.class === kind &&
        row.channel === channel && row.service !== 'id.map').map((row) => row.outcome);
    const table = PAIRS.map((pair) => [pair.kind, pair.channel, ...told(pair)]);
    assert.deepEqual(table, PAIRS.map(({ kind, channel, open }) =>
        [kind, channel, open ? 'disclosed' : 'channel_not_open']));
    assert.equal(table.filter((row) => row[2] === 'disclosed').length, 14);
    assert.equal(table.length, 28);
});
