// Sealed at rest (I7): what was asked and answered about known people stands nowhere in the home.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kycAsk, subjectOf } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { addPerson, Needles } from './lib/needles.mjs';
import { serve } from './lib/server.mjs';

const PEOPLE = Number(process.env.DANCU_SEALED_PEOPLE ?? 200);
const ASKS = 10 * PEOPLE;
const AT_ONCE = 200;
let demo;
let server;
const people = [];

before(async () => {
    demo = await demonstration('sealed');
    for await (const person of demo.people()) {
        if (Buffer.byteLength(person.full_name) >= 8) {
            people.push(person);
        }
        if (people.length === PEOPLE) {
            break;
        }
    }
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

// Each person ten times: mostly found, some by a wrong name, some by a number refused.
function asks() {
    return Array.from({ length: ASKS }, (_, i) => {
        const person = people[i % PEOPLE];
        const turn = Math.floor(i / PEOPLE);
        const subject = subjectOf(person);
        if (turn === 8) {
            subject.name = `${people[(i + 1) % PEOPLE].full_name}`;
        }
        const more = turn === 9 ? { business: 'NV-NOBODY' } : {};
        return kycAsk(person, { subject, case: `Hồ sơ ${person.full_name}`, ...more });
    });
}

test('the search finds a planted text in each encoding', () => {
    const needles = new Needles();
    needles.add('name', 'Nguyễn Thị Bông');
    const bytes = Buffer.from('Nguyễn Thị Bông');
    for (const planted of [bytes, Buffer.from('NGUYENTHIBONG'), Buffer.from('nguyen thi bong'),
        Buffer.from('Nguyễn Thị Bông'.normalize('NFD')), Buffer.from('Nguyễn Thị Bông', 'utf16le'),
        Buffer.from(bytes.toString('hex')),
        Buffer.from(Buffer.concat([Buffer.from('{"n":"'), bytes, Buffer.from('"}')])
            .toString('base64')),
        Buffer.from(Buffer.concat([Buffer.from('["salt","x'), bytes, Buffer.from('"]')])
            .toString('base64url')),
        Buffer.from(encodeURIComponent('Nguyễn Thị Bông'))]) {
        const hay = Buffer.concat([Buffer.alloc(1001, 7), planted, Buffer.alloc(99)]);
        assert.notEqual(needles.find(hay).length, 0, planted.toString());
    }
    assert.equal(needles.find(Buffer.from('Nguyễn Thị Bống, NGUYENTHIBON')).length, 0);
});

test(`after ${ASKS} asks about ${PEOPLE} people nothing of them stands in clear in the home`,
    async (t) => {
        const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const list = asks();
        const codes = {};
        for (let i = 0; i < list.length; i += AT_ONCE) {
            const answers = await Promise.all(list.slice(i, i + AT_ONCE).map((ask) =>
                client.lookup(ask)));
            for (const answer of answers) {
                const code = answer.json.code ?? 'disclosed';
                codes[code] = (codes[code] ?? 0) + 1;
            }
        }
        await client.close();
        assert.ok(codes.disclosed > 7 * PEOPLE, JSON.stringify(codes));
        assert.equal(codes.business_not_granted, PEOPLE);
        const needles = new Needles();
        people.forEach((person) => addPerson(needles, person));
        const live = needles.findInFolder(demo.home);
        assert.deepEqual(live.found, []);
        await server.stop();
        const { found, files, bytes } = needles.findInFolder(demo.home);
        assert.deepEqual(found, []);
        assert.ok(bytes > 1 << 20);
        t.diagnostic(`${needles.count} texts sought in ${files} files, ${bytes >> 20} MiB, ` +
            `after ${JSON.stringify(codes)}`);
    });
