// Sides that are measured next to each other, round by round in changing order: a machine that others
// use, too, is as slow for one as for the other.
import { median } from '../../tests/e2e/lib/stats.mjs';

// { name: [a value a round] }; each side is a function that measures once.
export async function sideBySide(count, sides, tell) {
    const names = Object.keys(sides);
    const found = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < count; round++) {
        const order = names.map((_, i) => names[(i + round) % names.length]);
        for (const name of round % 2 === 0 ? order : order.reverse()) {
            found[name].push(await sides[name]());
        }
        tell(`round ${round + 1} of ${count}: ${names.map((name) =>
            `${name} ${Math.round(found[name].at(-1)).toLocaleString('en')}`).join(', ')}`);
    }
    return found;
}

export const ratios = (ones, others) => ones.map((one, i) => one / others[i]);

// The median with the least and the most.
export const spread = (values) => ({ middle: median(values), least: Math.min(...values),
    most: Math.max(...values) });
