/**
 * Where panels stand: sections below one another, in each the panels from left to right, 24 columns a line. Places are
 * counted here and nowhere typed, so nothing can overlap.
 */
import {
  type DashboardBuilder,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { PlacedPanel } from './panels.ts';

const COLUMNS = 24;

export interface Section {
  readonly title: string;
  /** Of every panel in it, in units of the grid (30 pixels). */
  readonly height: number;
  readonly panels: readonly PlacedPanel[];
}

/** A panel of Grafana that is there already, where it is to stand. */
const asIs = (panel: Panel) => ({ build: () => panel });

export function placeSections(builder: DashboardBuilder, sections: readonly Section[]): void {
  let y = 0;
  let id = 1;
  for (const { title, height, panels } of sections) {
    const row = new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: COLUMNS, h: 1 });
    // `withRow` counts places by itself; as a panel it stays where it was put.
    builder.withPanel(asIs(row.build() as unknown as Panel));
    y += 1;
    let x = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += height;
      }
      builder.withPanel(asIs(panel.build({ x, y, h: height, id: id++ })));
      x += panel.width;
    }
    y += height;
  }
}
