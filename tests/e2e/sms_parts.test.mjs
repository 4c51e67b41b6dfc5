// Messages in several parts, both ways, over a process `sms` that dies between them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Centre } from './lib/centre.mjs';
import { sleep, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const OWN = '84950000001';
const IN_DOUBT_MS = 6000; // a part in doubt is sent again when nothing has come for so long
let demo;
let centre;
let server;
let person;

before(async () => {
    demo = await demonstration('sms-parts');
    [person] = demo.samples();
    await addParty(demo, 'message-centre', { class: 'state', channel: 'sms' });
    await demo.act('phone', 'bind', '--phone', `0${OWN.slice(2)}`, '--person', person.id);
    centre = await new Centre().listen();
    server = await serve(demo, { edges: 1, args: centre.args(demo.dir, { yaml: 'accents: "yes"\n' }) });
    await centre.untilBound();
});
after(async () => {
    await server?.stop();
    centre?.close();
    demo?.remove();
});

async function kill() {
    const { pid } = await server.process('sms');
    const { binds } = centre;
    process.kill(pid, 'SIGKILL');
    await until('sms is bound again', () => centre.binds > binds && centre.bound);
}

const part = (number, message) => centre.write(OWN, {
    udh: Buffer.from([5, 0, 3, 7, 2, number]), message }, { esm_class: 0x40 });

test('a message whose first part was taken by an sms that died has no answer, and has one when it is written anew',
    async () => {
        await part(1, 'DC');
        await kill();
        await part(2, ' TT');
        assert.deepEqual(centre.to(OWN), []);
        await part(1, 'DC');
        await until('it is answered', () => centre.to(OWN).length === 1);
        assert.ok(centre.to(OWN)[0].text.includes(person.full_name));
    });

test('a whole message that the core had not taken when sms died is answered', async () => {
    const had = centre.to(OWN).length;
    const { pid } = await server.process('sms');
    await part(1, 'DC');
    part(2, '   TT');
    process.kill(pid, 'SIGKILL'); // before it can have confirmed, or just after: whichever
    await until('sms is bound again', () => centre.bound);
    const answered = () => centre.to(OWN).length > had;
    for (let i = 0; i < 20 && !answered(); i++) {
        await sleep(100);
    }
    if (!answered()) {
        part(1, 'DC'); // the last part has come again to one that has not the first
    }
    await until('it is answered', answered);
});

test('an answer in several parts whose sms dies behind the first of them comes whole', async () => {
    const had = centre.to(OWN).length;
    const { pid } = await server.process('sms');
    let parts = 0;
    centre.onPart = ({ to, count }) => {
        assert.equal(to, OWN);
        parts = count;
        centre.onPart = () => {};
        process.kill(pid, 'SIGKILL');
    };
    centre.write(OWN, 'DC TT ');
    await until('it has come', () => centre.to(OWN).length > had, { timeoutMs: 20_000 });
    assert.ok(parts > 1, 'it is of several parts');
    const { text } = centre.to(OWN)[had];
    assert.ok(text.includes(person.full_name) &&
        text.includes(person.birth_date.split('-').reverse().join('/')), text);
});

test('each of them was answered once', async () => {
    await sleep(IN_DOUBT_MS);
    assert.equal(centre.to(OWN).length, 3);
});
