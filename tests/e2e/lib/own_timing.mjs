// How long a citizen waits for own_data_only: about his own child, about another whom the register
// has, about a number that it has not. As a control, what a read costs: himself.
import { Agent } from 'node:https';
import { unknownId } from './asks.mjs';
import { median, pairs, shuffled } from './stats.mjs';

export const NAMED = ['own child', 'another', 'nobody'];
const CONTROL = 'himself';
export const CLASSES = [...NAMED, CONTROL];
const PARENT = ['father', 'mother'];

// A child among the samples and the parent that its record names; others in the register.
export function choose(demo) {
    const samples = demo.samples();
    const standing = ({ relation, id }) => id && PARENT.includes(relation);
    const children = samples.filter((one) => (one.relatives ?? []).some(standing));
    const { id: parent } = children[0].relatives.find(standing);
    const own = children.filter((one) => one.relatives.some(({ relation, id }) =>
        id === parent && PARENT.includes(relation))).map(({ id }) => id);
    const others = samples.map(({ id }) => id).filter((id) => id !== parent && !own.includes(id));
    return { parent, own, others };
}

// Rounds of one batch a class, in random order, on one connection; microseconds an ask.
export async function measure(me, { parent, own, others }, { rounds, batch }) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const named = {
        'own child': (i) => own[i % own.length], another: (i) => others[i % others.length],
        nobody: (i) => unknownId(i % 1000), [CONTROL]: () => parent,
    };
    const found = [];
    for (let round = 0; round < rounds; round++) {
        const times = {};
        for (const name of shuffled(CLASSES)) {
            const taken = [];
            for (let i = 0; i < batch; i++) {
                const answer = await me('view', { id: named[name](round * batch + i) }, { agent });
                const code = answer.status === 200 ? 'disclosed' : answer.json.code;
                if (code !== (name === CONTROL ? 'disclosed' : 'own_data_only')) {
                    throw new Error(`${name}: ${answer.status} ${answer.text}`);
                }
                taken.push(answer.us);
            }
            times[name] = median(taken);
        }
        found.push(times);
    }
    agent.destroy();
    return { times: found, pairs: pairs(CLASSES, found) };
}
