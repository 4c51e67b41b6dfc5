// A strict reader of Prometheus' text format 0.0.4, written from its description.
import assert from 'node:assert/strict';
import { checkResponse } from './contract.mjs';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?(?:\\d+(?:\\.\\d+)?|\\+Inf))$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;

function labelsOf(text) {
    const labels = {};
    for (let rest = text ?? ''; rest !== '';) {
        const found = LABEL.exec(rest);
        assert.ok(found, `labels: ${text}`);
        assert.ok(!(found[1] in labels), `a label twice: ${text}`);
        labels[found[1]] = found[2];
        rest = rest.slice(found[0].length);
        assert.ok(found[3] === '' || rest !== '', `a comma too many: ${text}`);
    }
    return labels;
}

const familyOf = (name, type) =>
    (type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name);

// A histogram's buckets ascend to +Inf, which is its count.
function checkHistogram(name, samples) {
    const groups = new Map();
    for (const sample of samples) {
        const { le, ...rest } = sample.labels;
        const key = JSON.stringify(rest);
        groups.set(key, [...(groups.get(key) ?? []), { ...sample, le }]);
    }
    for (const [key, list] of groups) {
        const buckets = list.filter((sample) => sample.name === `${name}_bucket`);
        const bounds = buckets.map(({ le }) => (le === '+Inf' ? Infinity : Number(le)));
        assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b), `${name}${key}`);
        assert.equal(bounds.at(-1), Infinity);
        for (let i = 1; i < buckets.length; i++) {
            assert.ok(buckets[i].value >= buckets[i - 1].value, `${name}${key}`);
        }
        const one = (suffix) => list.filter((sample) => sample.name === name + suffix);
        assert.equal(one('_count').length, 1);
        assert.equal(one('_sum').length, 1);
        assert.equal(one('_count')[0].value, buckets.at(-1).value);
    }
}

// All samples by name and labels (`name{a="b"}`), after every line was found right.
export function readMetrics(text) {
    assert.ok(text.endsWith('\n'), 'the last line ends');
    const types = new Map();
    const samples = new Map();
    const families = new Map();
    let family = '';
    for (const line of text.slice(0, -1).split('\n')) {
        const head = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
        if (head?.[1] === 'HELP') {
            assert.ok(!types.has(head[2]), `${head[2]} has one HELP line`);
            family = head[2];
            types.set(family, null);
            families.set(family, []);
            continue;
        }
        if (head) {
            assert.equal(head[2], family, 'TYPE follows its HELP');
            assert.match(head[3], /^(counter|gauge|histogram)$/);
            types.set(family, head[3]);
            continue;
        }
        const found = SAMPLE.exec(line);
        assert.ok(found, `a sample: ${line}`);
        const sample = { name: found[1], labels: labelsOf(found[2]), value: Number(found[3]) };
        assert.equal(familyOf(sample.name, types.get(family)), family, `stands with its kind: ${line}`);
        const key = found[2] === undefined ? found[1] : `${found[1]}{${found[2]}}`;
        assert.ok(!samples.has(key), `a sample twice: ${key}`);
        samples.set(key, sample.value);
        families.get(family).push(sample);
    }
    for (const [name, list] of families) {
        assert.ok(list.length > 0, `${name} has samples`);
        assert.equal(types.get(name) === 'counter', name.endsWith('_total'), name);
        if (types.get(name) === 'histogram') {
            checkHistogram(name, list);
        }
    }
    return { samples, families, types, of: (key) => samples.get(key) };
}

export async function scrape(server, init) {
    const answer = await fetch(`http://127.0.0.1:${server.port + 3}/metrics`, init);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    await checkResponse({ path: '/metrics' }, {
        status: answer.status, headers: Object.fromEntries(answer.headers),
        bytes: Buffer.from(text),
    });
    return { text, ...readMetrics(text) };
}
