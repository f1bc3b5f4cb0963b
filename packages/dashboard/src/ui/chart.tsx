import type { Overview } from '../api/types.ts';
import { clockTime, number } from '../lib/time.ts';

type Figures = Pick<Overview['renewals'], 'done' | 'due'>;

const height = 120;
const width = 960;
const gap = 4;

/** A number that makes a good top of a scale. */
const roundUp = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
};

/** Renewals of the last 24 hours and of the next, one bar an hour. The same stands below it as a table, for listening. */
export const RenewalChart = ({ done, due }: Figures) => {
  const hours = done.length + due.length;
  const top = roundUp(Math.max(1, ...done.map((hour) => hour.renewed + hour.failed), ...due.map(({ count }) => count)));
  const step = width / hours;
  const y = (value: number): number => (value / top) * height;
  const bar = (index: number, from: number, value: number, look: string, title: string) =>
    value > 0 && (
      <rect
        className={look}
        x={index * step + gap / 2}
        y={height - Math.max(2, y(from + value))}
        width={step - gap}
        height={Math.max(2, y(value))}
        rx="2"
      >
        <title>{title}</title>
      </rect>
    );
  return (
    <figure className="chart">
      <div className="scale" aria-hidden="true">
        <span>{number(top)}</span>
        <span>0</span>
      </div>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path className="ground" d={`M0 ${height - 0.5}H${width}M0 0.5H${width}`} />
        {done.map((hour, index) => (
          <g key={hour.at}>
            {bar(index, 0, hour.renewed, 'renewed', `${clockTime(hour.at)}: ${number(hour.renewed)} renewed`)}
            {bar(index, hour.renewed, hour.failed, 'failed', `${clockTime(hour.at)}: ${number(hour.failed)} failed`)}
          </g>
        ))}
        {due.map((hour, index) => (
          <g key={hour.at}>
            {bar(done.length + index, 0, hour.count, 'due', `From ${clockTime(hour.at)}: ${number(hour.count)} due`)}
          </g>
        ))}
        <path className="now" d={`M${done.length * step} 0V${height}`} />
      </svg>
      <div className="axis" aria-hidden="true">
        <span>24 h ago</span>
        <span>now</span>
        <span>in 24 h</span>
      </div>
      <figcaption aria-hidden="true">
        <span className="dot renewed" /> Renewed <span className="dot failed" /> Failed <span className="dot due" /> Due
      </figcaption>
      <div className="hidden">
        <Figures done={done} due={due} />
      </div>
    </figure>
  );
};

const Figures = ({ done, due }: Figures) => (
  <table>
    <caption>Renewals by hour</caption>
    <thead>
      <tr>
        <th scope="col">From</th>
        <th scope="col">Renewed</th>
        <th scope="col">Failed</th>
        <th scope="col">Due</th>
      </tr>
    </thead>
    <tbody>
      {done
        .filter((hour) => hour.renewed + hour.failed > 0)
        .map((hour) => (
          <tr key={hour.at}>
            <th scope="row">{clockTime(hour.at)}</th>
            <td>{hour.renewed}</td>
            <td>{hour.failed}</td>
            <td />
          </tr>
        ))}
      {due
        .filter((hour) => hour.count > 0)
        .map((hour) => (
          <tr key={hour.at}>
            <th scope="row">{clockTime(hour.at)}</th>
            <td />
            <td />
            <td>{hour.count}</td>
          </tr>
        ))}
    </tbody>
  </table>
);
