/* The workflows, as the SDK bundles them. Nothing but these may be exported: each export is a workflow's name. */
export { refreshNow } from './refresh-now.workflow.ts';
export { reauthReminder } from './reminder.workflow.ts';
export { refreshShard } from './shard.workflow.ts';
