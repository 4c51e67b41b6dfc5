// N messages from as many phones through a centre that drops the link again and again, at every point
// of an exchange, and kills of core and sms on the way: each message has one answer, and each answer
// is the one that its phone is to have.
//   tests/fault/sms [--messages N] [--drop-every N] [--kills K]
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { Centre } from '../e2e/lib/centre.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { addParty } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile } from '../e2e/lib/stats.mjs';

const OWNERS = 20; // phones that are somebody's
const WELCOME = /da duoc dang ky/; // what each of them is told of that, and answers nothing
const VICTIMS = ['core', 'sms'];
const phoneOf = (i) => `84950${String(i).padStart(6, '0')}`;

// One in five asks what is his own, the others ask for help or what is not theirs.
const textOf = (i) => ['DC TT', 'DC HD', 'dc hd', 'xin chào', 'DC TT'][i % 5];

const wantedOf = (i) => i < OWNERS * 5 && i % 5 === 0 ? /Thong tin cua ban/ :
    [/khong ton tai/, /DC TT/, /DC TT/, /DC HD/, /khong ton tai/][i % 5];

async function killNow(server, name) {
    const found = await server.process(name);
    if (found?.pid) {
        process.kill(found.pid, 'SIGKILL');
    }
}

export async function smsOverDrops({ messages = 10_000, dropEvery = 500, kills = 0 } = {}) {
    const demo = await demonstration('fault-sms');
    const centre = await new Centre({ dropEvery }).listen();
    let server = null;
    try {
        server = await serve(demo, { edges: 1, args: centre.args(demo.dir) });
        await addParty(demo, 'message-centre', { class: 'state', channel: 'sms' });
        const people = demo.samples();
        for (let i = 0; i < OWNERS; i++) {
            await demo.act('phone', 'bind', '--phone', phoneOf(i * 5), '--person', people[i].id);
        }
        await centre.untilBound();
        await until('whose phone was bound is told', () => centre.received.length === OWNERS);
        centre.received.length = 0;
        const begun = Date.now();
        const took = [];
        for (let i = 0; i < messages; i++) {
            const at = Date.now();
            centre.write(phoneOf(i), textOf(i)).then(() => took.push(Date.now() - at));
        }
        const answers = () => centre.received.filter(({ text }) => !WELCOME.test(text));
        const answered = () => new Set(answers().map(({ to }) => to)).size;
        for (let k = 0; k < kills; k++) {
            await until('it goes on', () => answered() >= messages * (k + 1) / (kills + 2),
                { timeoutMs: 600_000, everyMs: 100 });
            await killNow(server, VICTIMS[k % VICTIMS.length]);
        }
        await until('all are answered', () => answered() === messages,
            { timeoutMs: 900_000, everyMs: 200 });
        const seconds = (Date.now() - begun) / 1000;
        await sleep(7000); // what is in doubt would be sent again within
        const counts = new Map();
        answers().forEach(({ to }) => counts.set(to, (counts.get(to) ?? 0) + 1));
        const doubled = [...counts].filter(([, count]) => count !== 1);
        assert.deepEqual(doubled, [], 'answered more than once');
        assert.equal(counts.size, messages);
        for (let i = 0; i < Math.min(messages, 2 * 5 * OWNERS); i++) {
            assert.match(answers().find(({ to }) => to === phoneOf(i)).text, wantedOf(i));
        }
        return {
            messages, dropped: centre.dropped, links: centre.links, brought: centre.brought, kills,
            seconds, per_second: Math.round(messages / seconds), p50_ms: quantile(took, 0.5),
        };
    } finally {
        await server?.stop();
        centre.close();
        demo.remove();
    }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
    const { values } = parseArgs({ options: {
        messages: { type: 'string', default: '10000' }, 'drop-every': { type: 'string', default: '500' },
        kills: { type: 'string', default: '2' },
    } });
    const found = await smsOverDrops({ messages: Number(values.messages),
        dropEvery: Number(values['drop-every']), kills: Number(values.kills) });
    console.log(JSON.stringify(found));
}
