// Citizens write from their phones (S7): each gets his own and nothing else, whatever is not his has
// one answer, and a message centre that is not ours understands all of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Centre } from './lib/centre.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const NOBODY = 'So dien thoai hoac cong dan khong ton tai.';
const OWN = '84950000001';
const STRANGER = '84950000009';
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd')
    .replace(/Đ/g, 'D');
let demo;
let centre;
let server;
let person;
let other;

before(async () => {
    demo = await demonstration('sms');
    [person, other] = demo.samples();
    await addParty(demo, 'message-centre', { class: 'state', channel: 'sms' });
    await demo.act('phone', 'bind', '--phone', '0950000001', '--person', person.id);
    centre = await new Centre().listen();
    server = await serve(demo, { edges: 1, args: centre.args(demo.dir) });
    await centre.untilBound();
});
after(async () => {
    await server?.stop();
    centre?.close();
    demo?.remove();
});

async function ask(phone, text, more) {
    const had = centre.to(phone).length;
    centre.write(phone, text, more);
    return centre.answer(phone, had);
}

test('the citizen whose phone it is gets his own, without accents', async () => {
    const text = await ask(OWN, 'DC TT');
    assert.ok(text.includes(plain(person.full_name)), text);
    assert.ok(!text.includes(person.id), 'a number is told');
    assert.ok(text.includes(person.birth_date.split('-').reverse().join('/')), text);
    const [first] = centre.to(OWN);
    assert.equal(first.coding, 0);
});

test('a command is the same in any case, with accents, in UCS-2, in parts and from any form of the number',
    async () => {
        const said = await ask(OWN, 'DC TT');
        for (const [phone, text] of [['+84950000001', 'dc tt'], ['0950000001', 'ĐC  tt']]) {
            const had = centre.to(OWN).length;
            centre.write(phone, text);
            assert.equal(await centre.answer(OWN, had), said);
        }
        const had = centre.to(OWN).length;
        const part = (number, message) => centre.write(OWN, {
            udh: Buffer.from([5, 0, 3, 9, 2, number]), message }, { esm_class: 0x40 });
        part(2, ' TT');
        part(1, 'DC');
        assert.equal(await centre.answer(OWN, had), said);
    });

test('whatever is not the sender\'s own has one answer: a stranger\'s phone, another person, nobody',
    async () => {
        assert.equal(await ask(STRANGER, 'DC TT'), NOBODY);
        assert.equal(await ask(STRANGER, `DC TT ${person.id}`), NOBODY);
        assert.equal(await ask(STRANGER, 'DC KHOA 123456'), NOBODY);
        assert.equal(await ask(OWN, `DC TT ${other.id}`), NOBODY);
        assert.equal(await ask(OWN, 'DC TT 001090999999'), NOBODY);
        assert.equal(await ask(OWN, `who is ${other.id}?`), NOBODY);
        assert.ok((await ask(OWN, `DC TT ${person.id}`)).includes(plain(person.full_name)));
    });

test('help, what is no command, a letter that nobody has issued and a PIN that was never set are told',
    async () => {
        assert.match(await ask('84950000002', 'DC HD'), /DC TT/);
        assert.match(await ask('84950000002', 'xin chao'), /DC HD/);
        assert.match(await ask('84950000002', 'DC XN 05/TB-C06 7K3M-QX0D-V9TA-2HPE'),
            /Khong co van ban/);
        assert.match(await ask(OWN, 'DC KHOA 123456'), /chua dat ma PIN/);
    });

test('senders that are no phones and messages that are no text are confirmed and not answered', async () => {
    const had = centre.received.length;
    await centre.write('VIETTEL', 'DC TT', { source_addr_ton: 5 });
    await centre.write('84950000003', Buffer.from([0xff, 0xfe]), { data_coding: 4 });
    await centre.write('84950000003', { udh: Buffer.from([5, 0, 3, 1, 200, 1]), message: 'x' },
        { esm_class: 0x40 });
    assert.equal(centre.received.length, had);
});

test('units of garbage are answered by generic_nack, and the link lives on', async () => {
    const unit = (command, body, length = 16 + body.length) => {
        const bytes = Buffer.alloc(16 + body.length);
        bytes.writeUInt32BE(length, 0);
        bytes.writeUInt32BE(command, 4);
        bytes.writeUInt32BE(99, 12);
        body.copy(bytes, 16);
        return bytes;
    };
    const binds = centre.binds;
    centre.raw(unit(0x00000103, Buffer.from('data'))); // data_sm: not ours
    centre.raw(unit(0x00000005, Buffer.from('no deliver_sm')));
    await until('two nacks', () => centre.nacks.length >= 2);
    assert.deepEqual(centre.nacks.slice(0, 2), [3, 2]);
    assert.match(await ask('84950000004', 'DC HD'), /DC TT/);
    assert.equal(centre.binds, binds);
    centre.raw(unit(0x00000005, Buffer.alloc(0), 0x7fffffff)); // nothing after it can be told apart
    await until('the link is bound anew', () => centre.binds > binds && centre.bound);
});

test('a centre that is full is left alone for a while, and nothing is lost', async () => {
    centre.throttle = 2;
    assert.match(await ask('84950000005', 'DC HD'), /DC TT/);
    assert.equal(centre.throttle, 0);
    assert.equal(centre.to('84950000005').length, 1);
});

test('a core or an sms that dies leaves nothing unanswered and nothing answered twice', async () => {
    for (const [k, victim] of ['core', 'sms'].entries()) {
        const phones = Array.from({ length: 25 }, (_, i) => `84950${k + 1}000${String(i).padStart(2, '0')}`);
        const answered = () => phones.filter((phone) => centre.to(phone).length > 0).length;
        const { pid } = await server.process(victim);
        phones.forEach((phone) => centre.write(phone, 'DC HD'));
        await until('some are answered', () => answered() > 5, { everyMs: 1 });
        process.kill(pid, 'SIGKILL');
        await until('all are answered', () => answered() === phones.length);
        assert.deepEqual(phones.filter((phone) => centre.to(phone).length !== 1), []);
    }
});
