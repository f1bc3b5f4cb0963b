import { z } from 'zod';
import type { PlatformControl } from '../types.ts';

/** What may be ordered of a simulated platform; the fields of a form are texts. */
const orderSchema = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('revoke'), subject: z.string().optional() }),
  z.strictObject({
    fault: z.literal('expire'),
    subject: z.string().optional(),
    tokens: z.enum(['access', 'refresh']).optional(),
  }),
  z.strictObject({ fault: z.literal('rate_limit'), seconds: z.coerce.number().min(0).max(86_400).default(60) }),
  z.strictObject({ fault: z.literal('outage'), on: z.union([z.boolean(), z.stringbool()]).default(true) }),
  z.strictObject({
    fault: z.literal('fewer_scopes'),
    scopes: z.union([z.array(z.string()), z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))]),
  }),
  z.strictObject({ fault: z.literal('none') }),
]);

/** A fault on demand. `none` ends those that last. */
export type Order = z.infer<typeof orderSchema>;

/** @returns the order, or what is wrong with it */
export const readOrder = (value: unknown): { order: Order } | { problem: string } => {
  const read = orderSchema.safeParse(value);
  if (read.success) return { order: read.data };
  return {
    problem: read.error.issues.map(({ path, message }) => `${path.join('.') || 'order'}: ${message}`).join('; '),
  };
};

/** @returns how many grants it concerns at once; null: it concerns requests to come */
export const carryOut = (control: PlatformControl, order: Order): number | null => {
  switch (order.fault) {
    case 'revoke':
      return control.revokeGrant(order.subject);
    case 'expire':
      return control.expire(order.subject, order.tokens);
    case 'rate_limit':
      control.rateLimit(order.seconds);
      return null;
    case 'outage':
      control.outage(order.on);
      return null;
    case 'fewer_scopes':
      control.behave({ withheldScopes: order.scopes });
      return null;
    case 'none':
      control.restore();
      return null;
  }
};
