// Lists of people shaken from a seed: each is approved or not, and holds whom it holds, by rules written
// here by hand in a language and with tables of their own, and by the server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { verifyReceipt } from './answer.mjs';
import { canonical } from './canonical.mjs';
import { root, until } from './command.mjs';
import { agesOn, givenOf, jobOf, readLines, shown } from './extracts.mjs';
import { JobClient } from './jobs.mjs';
import { ceiling, FIELDS, SENSITIVE } from './law.mjs';
import { ACCOUNTS, dice, makeWorld } from './oracle.mjs';
import { day } from './rights.mjs';

const OLD = '2021-07-01';
const NEW = '2025-07-01';
const CAP_MAX = 1000; // of a business without `bulk`

// ---- conditions: NO, UNKNOWN, YES are 0, 1, 2 ----

const NO = 0;
const UNKNOWN = 1;
const YES = 2;
const yes = (truth) => truth ? YES : NO;

// The province of today that each of the 63 became part of.
const merged = new Map(readFileSync(
    path.join(root, 'data/vn/units-2021-07-01-to-2025-07-01.tsv'), 'utf8').split('\n')
    .map((line) => line.split('\t')).filter(([level]) => level === 'province')
    .map(([, old, now]) => [old, now]));

function inProvince(person, code, list) {
    if (person.province === null) {
        return UNKNOWN;
    }
    if (person.list === list) {
        return yes(person.province === code);
    }
    if (list === NEW) {
        return yes(merged.get(person.province) === code);
    }
    if (merged.get(code) !== person.province) {
        return NO;
    }
    return [...merged.values()].filter((now) => now === person.province).length === 1 ? YES : UNKNOWN;
}

const COMPARE = {
    '>=': (a, b) => a >= b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '<': (a, b) => a < b,
    '=': (a, b) => a === b,
};

function ofAge(person, sign, age, today) {
    const truths = agesOn(person.birth, today).map((one) => COMPARE[sign](one, age));
    return truths.every(Boolean) ? YES : truths.some(Boolean) ? UNKNOWN : NO;
}

// What a condition says and whether it holds.
function leaf({ below, one }, people) {
    const person = one(people.filter(({ province }) => province !== null));
    switch (below(4)) {
    case 0: {
        const list = one([OLD, NEW]);
        const code = list === person.list ? person.province :
            list === NEW ? merged.get(person.province) : one([...merged.keys()]);
        return { text: `permanent_residence.province=${code}@${list}`,
            holds: (other) => inProvince(other, code, list) };
    }
    case 1: {
        const wards = [person, one(people)].filter(({ ward, list }) => ward !== null && list === person.list);
        if (wards.length === 0) {
            return leaf({ below, one }, people);
        }
        const codes = wards.map(({ ward }) => ward);
        return { text: `permanent_residence.ward=${codes.join(',')}@${person.list}`,
            holds: (other) => other.ward === null || other.list !== person.list ? UNKNOWN :
                yes(codes.includes(other.ward)) };
    }
    case 2: {
        const sign = one(Object.keys(COMPARE));
        const age = below(95);
        return { text: `age${sign}${age}`, holds: (other, today) => ofAge(other, sign, age, today) };
    }
    default: {
        const sex = one(['1', '2']);
        return { text: `sex=${sex}`, holds: (other) => other.sex === null ? UNKNOWN : yes(other.sex === sex) };
    }
    }
}

export function condition(random, people, depth = 0) {
    const { below } = random;
    const what = depth > 2 ? 3 : below(5);
    if (what === 0) {
        const part = condition(random, people, depth + 1);
        return { text: `not (${part.text})`, holds: (...of) => YES - part.holds(...of) };
    }
    if (what === 1 || what === 2) {
        const [a, b] = [condition(random, people, depth + 1), condition(random, people, depth + 1)];
        const [word, pick] = what === 1 ? ['and', Math.min] : ['or', Math.max];
        return { text: `(${a.text}) ${word} (${b.text})`,
            holds: (...of) => pick(a.holds(...of), b.holds(...of)) };
    }
    return leaf(random, people);
}

// One that some hundred fulfil, mostly.
function narrow(random, people) {
    const age = random.below(95);
    const other = condition(random, people, 1);
    return { text: `age=${age} and (${other.text})`,
        holds: (person, today) => Math.min(ofAge(person, '=', age, today), other.holds(person, today)) };
}

// ---- lists ----

function shakeList(random, people, businesses) {
    const { below, one } = random;
    const likely = ACCOUNTS.filter((account) => account.class === 'state' && account.channel !== 'guided');
    const account = one(below(6) === 0 ? ACCOUNTS : likely);
    const owner = below(10) === 0 ? one(Object.keys(businesses)) : account.class;
    const code = below(2) === 0 && owner === 'state' ? 'O-state-ALL' : one(Object.keys(businesses[owner]));
    const from = below(4) === 0 ? FIELDS : ceiling('state', 'list.extract');
    const fields = [...new Set(Array.from({ length: 1 + below(3) }, () => one(from)))];
    return { account, owner, code, business: businesses[owner][code], fields,
        criteria: below(5) === 0 ? condition(random, people) : narrow(random, people),
        cap: below(8) === 0 ? 1 + below(200) : CAP_MAX + (below(12) === 0 ? 1 : 0) };
}

// Is it approved? The business is one of the account's, for lists, on its channel; it and the law give
// those fields, sensitive ones by name.
function lawful({ account, owner, business, fields, cap }) {
    return owner === account.class && business.services.includes('list.extract') &&
        business.channels.includes(account.channel) && cap <= CAP_MAX &&
        fields.every((field) => ceiling(owner, 'list.extract').includes(field) &&
            business.fields.includes(field) &&
            (!SENSITIVE.includes(field) || business.sensitive.includes(field)));
}

async function resultOf(client, id) {
    const job = await client.settled(id);
    const lines = [];
    for await (const line of client.result(id)) {
        lines.push(line);
    }
    return { job, lines };
}

// One list, held against the law: what came of it.
async function compareList(list, name, { demo, connect, people, today }) {
    const sent = await demo.dancu(['extract', 'approve', name, '--account', list.account.code,
        '--business', list.code, '--case', 'HS-1', '--criteria', list.criteria.text,
        '--fields', list.fields.join(','), '--cap', String(list.cap), '--until', day(2),
        '--reason', 'Kiểm thử']);
    assert.equal(sent.status === 0, lawful(list), `approved: ${sent.stderr}`);
    if (sent.status !== 0) {
        return 'not approved';
    }
    const office = await until(`${name} is collected`, async () => {
        const found = await shown(demo, name);
        return found.state !== 'approved' && found;
    });
    const inside = people.filter((person) => !person.hidden &&
        list.criteria.holds(person, today) === YES);
    const client = connect(list.account.code);
    if (inside.length > list.cap) {
        assert.equal(office.state, 'too_long');
        assert.equal((await client.show(jobOf(name))).status, 404);
        return 'too long';
    }
    assert.deepEqual([office.state, office.collected ?? 0], ['collected', inside.length]);
    const { job, lines } = await resultOf(client, jobOf(name));
    assert.deepEqual([job.lines, job.done, job.missed, job.refused], [inside.length, inside.length, 0, 0]);
    assert.deepEqual(lines.map(({ answer }) => canonical(answer.person)).sort(),
        givenOf(inside, list.fields));
    for (const { answer } of lines.slice(0, 1)) {
        assert.equal(verifyReceipt(answer, demo.vkey).entry.outcome, 'disclosed');
    }
    return inside.length > 0 ? 'given' : 'of nobody';
}

// `count` lists; gives how many came out how, and the differences.
export async function runLists(demo, server, { count, seed = 7 }) {
    const businesses = await makeWorld(demo);
    const people = await readLines(demo);
    const random = dice(seed);
    const connect = (name) => new JobClient({ port: server.port, ca: demo.ca, ...demo.client(name) });
    const outcomes = {};
    const differences = [];
    for (let done = 0; done < count; done++) {
        const list = shakeList(random, people, businesses);
        try {
            const outcome = await compareList(list, `DS-${done}`,
                { demo, connect, people, today: day(0) });
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        } catch (error) {
            differences.push(`${list.account.code} ${list.code} ${list.fields} ${list.criteria.text}` +
                ` (${list.cap}): ${error.message}`);
        }
    }
    return { lists: count, seed, persons: people.length, outcomes, differences };
}
