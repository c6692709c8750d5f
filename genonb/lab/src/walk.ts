// The five-line walk: data, model, why, page.

import { InputDialog } from '@jupyterlab/apputils';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

import { ask } from './bridge';

/** The task of the walk when no kernel can name the catalogue: made by code, so that it works everywhere. */
const FIRST = 'planted_motif';

/** Milliseconds that a kernel may take to answer: naming the tasks imports torch. */
const IMPORT = 30000;

const code = (task: string): string => `import genonb as gb

t    = gb.task(${JSON.stringify(task)})
d    = t.data()
run  = gb.fit(gb.cnn(**d.shape, **t.options), d, **t.config)
why  = gb.explain(run, d.test.x[:32])
gb.report(run, why)`;

/** Let the reader choose among the tasks that the kernel's genonb knows; null when the choice was called off. */
async function chooseTask(panel: NotebookPanel): Promise<string | null> {
  const answer = await ask(panel.sessionContext.session?.kernel, { verb: 'tasks' }, IMPORT);
  const tasks = (answer?.tasks as { name: string; question: string }[] | undefined) ?? [];
  if (!tasks.length) {
    return FIRST;
  }
  const items = tasks.map(({ name, question }) => `${name}: ${question}`);
  const choice = await InputDialog.getItem({ title: 'Walk through which task?', items, okLabel: 'Insert' });
  return choice.button.accept ? tasks[items.indexOf(choice.value!)].name : null;
}

/** Write the walk of `task` (asked for when not given) into a new cell below the current one. */
export async function insertWalk(panel: NotebookPanel | null, task?: string): Promise<void> {
  const name = panel && (task ?? (await chooseTask(panel)));
  if (!name) {
    return;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(code(name));
}
