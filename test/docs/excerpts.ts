/**
 * Pieces of stories in a page: what stands between a marker and the end of the fence below it comes from a story.
 *
 *   <!-- test/stories/start-up-election.txt: start all | show logs 2 -->
 *
 * names commands of a story, each with what it shows; the number says which one of several.
 */
import { pieceOf } from '../stories/script.ts';

const excerpt = /(<!-- (test\/stories\/[\w-]+\.txt): (.+) -->\n```text\n)[^`]*(```)/g;

/** The page with its excerpts as the stories have them now. */
export function withExcerpts(page: string, storyAt: (path: string) => string): string {
  return page.replace(excerpt, (_, head: string, path: string, commands: string, end: string) => {
    const pieces = commands.split(' | ').map((each) => {
      const [, command = each, count = '1'] = /^(.*?)(?: (\d+))?$/.exec(each) ?? [];
      return pieceOf(storyAt(path), command, Number(count));
    });
    return `${head}${pieces.join('\n')}\n${end}`;
  });
}
