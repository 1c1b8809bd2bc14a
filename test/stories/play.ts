/**
 * Plays a story and writes down what came of each command.
 */
import { pictureOf } from './columns.ts';
import { carryOut, orderersIn } from './commands.ts';
import { type Part, partsOf, storyOf } from './script.ts';
import { Theatre } from './theatre.ts';

/** The same story with what its commands show now. */
export function play(story: string): string {
  let theatre: Theatre | null = null;
  const played = partsOf(story).map((part): Part => {
    if (part.kind === 'prose') return part;
    try {
      theatre ??= new Theatre(orderersIn(part.text));
      return { ...part, shown: shownBy(theatre, part.text) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`> ${part.text}\n${reason}`, { cause: error });
    }
  });
  return storyOf(played);
}

function shownBy(theatre: Theatre, command: string): string[] {
  const shown = carryOut(theatre, command);
  return [...pictureOf(theatre.teller.take(), theatre.names), ...shown];
}
