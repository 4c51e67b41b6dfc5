// Numbers that a seed gives again (Mulberry32), and what is made by throwing them.
export class Dice {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    below(limit) {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
    }

    chance(percent) {
        return this.below(100) < percent;
    }

    one(list) {
        return list[this.below(list.length)];
    }

    some(most, make) {
        return Array.from({ length: this.below(most + 1) }, make);
    }
}

// A few changes to some bytes: flipped, put in, dropped, said twice, or a splice with another's.
export function mutated(dice, bytes, words, others) {
    let text = Buffer.from(bytes);
    for (let left = 1 + dice.below(4); left > 0; left--) {
        const at = dice.below(text.length + 1);
        const until = Math.min(text.length, at + 1 + dice.below(8));
        const [before, part, after] = [text.subarray(0, at), text.subarray(at, until), text.subarray(until)];
        const change = dice.below(6);
        if (change === 0) {
            text = Buffer.concat([before, Buffer.from([dice.below(256)]), text.subarray(at + 1)]);
        } else if (change === 1) {
            text = Buffer.concat([before, Buffer.from(dice.one(words), 'latin1'), text.subarray(at)]);
        } else if (change === 2) {
            text = Buffer.concat([before, after]);
        } else if (change === 3) {
            text = Buffer.concat([before, part, part, after]);
        } else if (change === 4) {
            const other = dice.one(others);
            text = Buffer.concat([before, other.subarray(dice.below(other.length + 1))]);
        } else {
            text = Buffer.concat([before, Buffer.from(dice.one(words), 'latin1'), after]);
        }
    }
    return text;
}
