/**
 * Reads the messages of a server. What a server lists is read strictly and kept whole: the SDK reads JSON as most readers do, of a member
 * that stands twice the last, and drops what its own version does not know.
 */
import { type Json, type JsonObject, limits, parseJson, printable, RegistryError } from '@mlld/format';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { bad } from '../surface/definitions.ts';

const strict = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
]);

export class Watch {
  private readonly asked = new Map<string | number, string>();
  private readonly answers = new Map<string, JsonObject[]>();

  /** Notes which answers are to be read strictly. */
  sent(message: JSONRPCMessage): void {
    if ('method' in message && 'id' in message && message.id !== undefined && strict.has(message.method))
      this.asked.set(message.id, message.method);
  }

  /** @throws RegistryError MCP_BAD_LISTING, MCP_SERVER_FAILED (what is no message) */
  read(text: string): JSONRPCMessage {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (cause) {
      throw new RegistryError(
        'MCP_SERVER_FAILED',
        `the server wrote what is no message: '${printable(text, 80)}'`,
        {
          cause,
          hint: 'On stdout, a server of the stdio transport writes nothing but messages.',
        },
      );
    }
    const found = message as { id?: string | number; result?: unknown };
    const method = found?.id === undefined ? undefined : this.asked.get(found.id);
    if (method !== undefined && found.id !== undefined && 'result' in found) {
      this.asked.delete(found.id);
      const pages = this.answers.get(method) ?? [];
      this.answers.set(method, [...pages, this.strictly(text, method)].slice(-limits.mcpPages));
    }
    return message as JSONRPCMessage;
  }

  private strictly(text: string, method: string): JsonObject {
    let whole: Json;
    try {
      whole = parseJson(text, { where: method, maxBytes: limits.mcpListingBytes });
    } catch (cause) {
      throw bad(cause instanceof Error ? cause.message : String(cause), cause);
    }
    const result = (whole as JsonObject).result;
    if (typeof result !== 'object' || result === null || Array.isArray(result))
      throw bad(`the answer to ${method} is no object`);
    return result as JsonObject;
  }

  /** The answers to a method since it was last forgotten, as they were received. */
  pages(method: string): readonly JsonObject[] {
    return this.answers.get(method) ?? [];
  }

  forget(method: string): void {
    this.answers.delete(method);
  }
}
