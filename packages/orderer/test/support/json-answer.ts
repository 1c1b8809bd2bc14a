/** What a listener of an orderer answers in JSON. */

// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests check
export type Json = any;

export async function answerOf(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return { response, status: response.status, json: (await response.json()) as Json };
}
