// Citizens and their phones, over sessions and a message centre that is not ours: a phone is bound by
// the code that was sent to it, whosever it was; its owner is told of looks, once and without a word
// of whose; what nobody could send waits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kycAsk } from './lib/asks.mjs';
import { Centre } from './lib/centre.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const FIRST = '84950900001';
const SECOND = '84950900002';
const STARS = '********';
let demo;
let centre;
let citizens;
let server;
let bank;
let person;
let other;
let me;
let you;

before(async () => {
    demo = await demonstration('phones');
    [person, other] = demo.samples();
    await addParty(demo, 'message-centre', { class: 'state', channel: 'sms' });
    centre = await new Centre().listen();
    citizens = await Citizens.open(demo);
    server = await serve(demo, { edges: 1, args: [...citizens.args, ...centre.args(demo.dir)] });
    await citizens.ready(server);
    await centre.untilBound();
    bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    me = await citizens.signIn(person.id);
    you = await citizens.signIn(other.id);
});
after(async () => {
    bank?.destroy();
    await server?.stop();
    citizens?.close();
    centre?.close();
    demo?.remove();
});

// What the phone gets next, once the citizen has done that.
async function message(phone, act) {
    const had = centre.to(phone).length;
    const answer = await act();
    assert.equal(answer.status, 200, answer.text);
    return centre.answer(phone, had);
}
const codeOf = (text) => text.match(/\b\d{6}\b/u)[0];
const write = async (phone, text) => {
    const had = centre.to(phone).length;
    await centre.write(phone, text);
    return centre.answer(phone, had);
};
async function bind(who, phone) {
    const code = codeOf(await message(phone, () => who('phone.bind', { phone: `0${phone.slice(2)}` })));
    const answer = await who('phone.confirm', { code });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.phone;
}

test('a phone is bound by the code that it was sent, and answers its owner', async () => {
    assert.deepEqual((await me('phone')).json, { notices: { pace: 'never', way: 'inbox' }, phone: null });
    const unbound = await write(FIRST, 'DC TT');
    assert.equal((await me('phone.confirm', { code: '000000' })).status, 400);
    const phone = await bind(me, FIRST);
    assert.deepEqual([phone.confirmed, phone.number, phone.pin], [true, `${STARS}001`, 'none']);
    assert.notEqual(await write(FIRST, 'dc tt'), unbound);
    assert.deepEqual((await me('inbox')).json.news.map(({ kind, detail }) => [kind, detail]),
        [['phone_bound', `${STARS}001`]]);
});

test('a PIN is six digits, and five wrong ones in a row block it', async () => {
    assert.equal((await me('phone.pin', { pin: '12345' })).status, 400);
    assert.equal((await me('phone.pin', { pin: '123456' })).json.phone.pin, 'set');
    const said = [];
    for (let i = 0; i < 6; i++) { // the same text at once may be the centre's doing: decision 0062
        said.push(await write(FIRST, `DC KHOA 65432${i}`));
    }
    assert.equal(new Set(said.slice(0, 5)).size, 1);
    assert.notEqual(said[5], said[0]);
    assert.equal(await write(FIRST, 'DC KHOA 123456'), said[5]);
    assert.equal((await me('phone')).json.phone.pin, 'blocked');
    assert.equal((await me('phone.pin', { pin: '123456' })).json.phone.pin, 'set');
});

test('who wants it is told of a look, and not of whose it was', async () => {
    const { text } = await me('notices', { pace: 'at_once', way: 'sms' });
    assert.match(text, /"way":"sms"/u);
    const had = centre.to(FIRST).length;
    const answer = await bank.lookup(kycAsk(person));
    assert.equal(answer.status, 200, answer.text);
    const notice = await centre.answer(FIRST, had);
    assert.ok(!notice.includes(person.id) && !/bank|ngan hang/iu.test(notice), notice);
    await bank.lookup(kycAsk(person));
    assert.equal(await write(FIRST, 'DC HD') !== notice, true); // one an hour
    assert.equal(centre.to(FIRST).filter((one) => one.text === notice).length, 1);
});

test('who has the phone now takes it from whoever had it, who is told', async () => {
    await bind(you, FIRST);
    assert.equal((await me('phone')).json.phone, null);
    assert.equal((await me('inbox')).json.news[0].kind, 'phone_unbound');
    const { id } = (await me('inbox')).json.news[0];
    assert.equal((await you('inbox.remove', { id })).status, 404);
    assert.equal((await me('inbox.remove', { id })).status, 200);
    assert.equal((await you('phone.release')).json.phone, null);
    assert.equal((await you('phone.release')).status, 404);
});

test('a code waits for a centre that is gone, over the death of the core, and comes once', async () => {
    const { port } = centre;
    centre.close();
    assert.equal((await me('phone.bind', { phone: SECOND })).status, 200);
    process.kill((await server.process('core')).pid, 'SIGKILL');
    centre = await new Centre().listen(port);
    await until('the code is there', () => centre.to(SECOND).length > 0);
    assert.match(await write(SECOND, 'DC HD'), /DC TT/);
    assert.equal(centre.to(SECOND).length, 2);
});
