// Asks of every service by every class, shaken from a seed, each decided by law.mjs and by the server.
import assert from 'node:assert/strict';
import { granted, subjectOf } from './asks.mjs';
import { verifyAnswer, verifyProblem, verifyReceipt } from './answer.mjs';
import { canonical } from './canonical.mjs';
import { Http2Client } from './client.mjs';
import { ADDRESSES, ceiling, decide, FIELDS, fieldsOf, holds, SENSITIVE } from './law.mjs';
import { connectParty, day, INSTRUMENT } from './rights.mjs';

const SERVICES = Object.keys(ADDRESSES);
const CLASSES = ['state', 'organisation', 'citizen', 'other'];
const AT_ONCE = 32;
// Accounts of each class, on channels that it may and may not use.
export const ACCOUNTS = [
    ['state', 'province_one_stop'], ['state', 'written'], ['state', 'guided'],
    ['organisation', 'guided'], ['organisation', 'guided', false], ['organisation', 'written'],
    ['organisation', 'ministry_one_stop'], ['citizen', 'written'], ['citizen', 'guided'],
    ['other', 'written'], ['other', 'guided'],
].map(([kind, channel, instrument = true], i) =>
    ({ class: kind, channel, instrument, code: `o-${kind}-${i}`, party: `o-${kind}` }));
const OPEN = {
    state: ['province_one_stop', 'written'], organisation: ['guided', 'written'],
    citizen: ['written'], other: ['written'],
};

const union = (lists) => FIELDS.filter((field) => lists.some((list) => list.includes(field)));

// What each class has registered: all that it may; the same without what must be named; one service
// and a few fields; one channel.
function businessesOf(kind) {
    const services = [...SERVICES, 'list.extract'].filter((service) => ceiling(kind, service).length > 0);
    const fields = union(services.map((service) => ceiling(kind, service)));
    const all = { services, fields, sensitive: fields.filter((field) => SENSITIVE.includes(field)),
        channels: OPEN[kind], perClaim: true };
    return {
        [`O-${kind}-ALL`]: all,
        [`O-${kind}-PLAIN`]: { ...all, sensitive: [], perClaim: false,
            fields: fields.filter((field) => !SENSITIVE.includes(field)) },
        [`O-${kind}-FEW`]: { ...all, services: services.slice(0, 1),
            fields: fields.slice(0, 4), sensitive: [], perClaim: false },
        [`O-${kind}-WRITTEN`]: { ...all, channels: ['written'] },
    };
}

async function register(demo, kind, code, business) {
    await demo.act('business', 'add', '--code', code, '--party', `o-${kind}`, '--purpose', 'Kiểm thử',
        '--legal-basis', 'Kiểm thử', '--services', business.services.join(','), '--channels',
        business.channels.join(','), '--fields', business.fields.join(','), '--quota-day', '1000000000',
        ...business.sensitive.length > 0 ? ['--sensitive', business.sensitive.join(',')] : [],
        ...business.perClaim ? ['--verify-per-claim'] : []);
    await demo.act('business', 'grant', code);
}

// Parties, accounts and businesses; gives the businesses by class and code.
export async function makeWorld(demo) {
    const businesses = {};
    for (const kind of CLASSES) {
        await demo.act('party', 'add', '--code', `o-${kind}`, '--class', kind, '--kind', 'test',
            '--name', `Đơn vị ${kind}`);
        await connectParty(demo, `o-${kind}`);
        businesses[kind] = businessesOf(kind);
        for (const [code, business] of Object.entries(businesses[kind])) {
            await register(demo, kind, code, business);
        }
    }
    for (const account of ACCOUNTS) {
        const { certPath } = await demo.issue(account.code);
        await demo.act('account', 'add', '--code', account.code, '--party', account.party, '--channel',
            account.channel, '--cert', certPath,
            ...account.instrument ? ['--instrument', INSTRUMENT] : []);
    }
    return businesses;
}

// xorshift: the same asks again from the same seed.
export function dice(seed) {
    let state = seed >>> 0 || 1;
    const below = (count) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state % count;
    };
    const one = (list) => list[below(list.length)];
    return { below, one };
}

const CODES = {
    sex: ['1', '2'], ethnicity: ['01', '02', '55'], religion: ['00', '01'], nationality: ['VN', 'LA'],
    marital_status: ['1', '2', '3'], blood_group: ['00', '01', '04'],
    relation_to_head: ['CH01', 'CH02', 'CH03'],
};
const ADDRESS_FIELDS = FIELDS.filter((field) => /place|residence/.test(field));
const RELATIONS = ['father', 'mother', 'spouse', 'child', 'representative', 'head'];
const shifted = (born, days) =>
    new Date(Date.parse(born) + days * 86_400_000).toISOString().slice(0, 10);

function relationClaim({ below, one }, person, other) {
    const relation = one(RELATIONS);
    const found = relation === 'head' ? person.household?.head :
        person.relatives?.find((row) => row.relation === relation);
    const from = found && below(3) > 0 ? found : other;
    const claim = { relation, name: below(2) === 0 ? from.full_name : from.full_name.toUpperCase() };
    for (const key of ['id', 'cmnd']) {
        if (from[key] && below(3) === 0) {
            claim[key] = from[key];
        }
    }
    return claim;
}

function birthClaim({ below, one }, person) {
    const name = one(['value', 'less', 'at_most', 'more', 'at_least', 'age_under', 'age_at_least']);
    const value = name.startsWith('age') ?
        Math.max(0, 2026 - Number(person.birth_date.slice(0, 4)) + below(5) - 2) :
        shifted(person.birth_date, below(3) - 1);
    return { field: 'birth_date', [name]: value };
}

function claimAbout(random, person, other) {
    const { below, one } = random;
    const field = one([...Object.keys(CODES), 'full_name', 'birth_date', 'death_or_missing', 'relation',
        'relation', ...ADDRESS_FIELDS]);
    if (field === 'relation') {
        return relationClaim(random, person, other);
    }
    if (field === 'birth_date') {
        return birthClaim(random, person);
    }
    if (ADDRESS_FIELDS.includes(field)) {
        const member = one(['country', 'province', 'ward', 'detail']);
        const from = below(2) === 0 ? person : other;
        return { field, member, value: from[field]?.[member] ?? 'VN' };
    }
    if (field === 'death_or_missing') {
        return { field, value: null };
    }
    return { field, value: field === 'full_name' ? one([person, other]).full_name :
        below(2) === 0 && person[field] ? person[field] : one(CODES[field]) };
}

// An ask and by whom: mostly one that has a chance.
export function shake(random, samples, businesses) {
    const { below, one } = random;
    const who = one(ACCOUNTS);
    const service = one(SERVICES);
    const person = one(samples);
    const code = below(12) === 0 ? 'O-NOBODY-S' : one(Object.keys(businesses[who.class]));
    const ask = { business: code, case: below(15) === 0 ? ' ' : 'HS-1', subject: subjectOf(person) };
    if (person.cmnd && below(4) === 0) {
        delete ask.subject.id;
        ask.subject.cmnd = person.cmnd;
    }
    if (service === 'citizen.search') {
        ask.subject = { name: person.full_name, birth_date: person.birth_date };
    } else if (/verify/.test(service)) {
        ask.claims = Array.from({ length: 1 + below(3) }, () =>
            claimAbout(random, person, one(samples)));
        ask.per_claim = below(2) === 0;
    } else if (service !== 'id.map') {
        const from = below(3) === 0 ? FIELDS : ceiling(who.class, service);
        ask.fields = [...new Set(Array.from({ length: 1 + below(3) }, () =>
            one(from.length > 0 ? from : FIELDS)))];
    }
    if (below(15) === 0) {
        ask.use = { third_party: 'Công ty khác' };
    }
    return { who, service, person, ask, business: businesses[who.class][code] ?? null };
}

function expectedResult({ service, person, ask }, today) {
    if (service === 'id.map') {
        return { cmnd: person.cmnd, id: person.id };
    }
    if (ask.claims === undefined) {
        return granted(person, ask.fields);
    }
    const truths = ask.claims.map((claim) => holds(person, claim, today));
    return ask.per_claim ? { claims: truths } : { verified: truths.every((truth) => truth === true) };
}

// Whoever was looked for is among the hits, with what may be given of him.
function checkHits(shaken, answer, vkey) {
    const { who, service, person, ask, business } = shaken;
    assert.equal(answer.status, 200, answer.text);
    const { entry } = verifyReceipt(answer.json, vkey);
    assert.deepEqual([entry.service, entry.outcome], [service, 'disclosed']);
    const want = granted(person, fieldsOf(who, service, ask, business));
    const found = answer.json.result.hits.map((hit) => canonical(hit.person));
    assert.ok(found.includes(canonical(want)), `${found.length} hits`);
}

// One answer against the law; what differs is an error that says what was asked.
export function compare(shaken, answer, vkey, today) {
    const { who, service, ask, business } = shaken;
    const want = decide(who, service, ask, business);
    try {
        if (want !== 'disclosed') {
            verifyProblem(answer, 403, want, { vkey, receipt: true });
        } else if (service === 'citizen.search') {
            checkHits(shaken, answer, vkey);
        } else {
            verifyAnswer(answer, ask, vkey, { party: who.party, account: who.code }, service);
            assert.deepEqual(answer.json.person ?? answer.json.result, expectedResult(shaken, today));
        }
    } catch (error) {
        error.message = `${who.code} ${service} ${JSON.stringify(ask)}: want ${want}: ${error.message}`;
        throw error;
    }
    return want;
}

// `count` asks; gives how many came out with each code, and the differences.
export async function runOracle(demo, server, { count, seed = 7 }) {
    const businesses = await makeWorld(demo);
    const samples = demo.samples().filter((one) => one.birth_date.length === 10);
    const random = dice(seed);
    const clients = new Map(ACCOUNTS.map(({ code }) => [code,
        new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(code) })]));
    const codes = {};
    const differences = [];
    for (let done = 0; done < count; done += AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, async () => {
            const shaken = shake(random, samples, businesses);
            const before = day(0);
            const answer = await clients.get(shaken.who.code)
                .post(ADDRESSES[shaken.service], shaken.ask);
            try {
                const code = compare(shaken, answer, demo.vkey, day(0) === before ? before : day(0));
                codes[code] = (codes[code] ?? 0) + 1;
                const key = `${shaken.service} ${code}`;
                codes[key] = (codes[key] ?? 0) + 1;
            } catch (error) {
                differences.push(error.message);
            }
        }));
    }
    for (const client of clients.values()) {
        await client.close();
    }
    return { asks: count, seed, codes, differences };
}
