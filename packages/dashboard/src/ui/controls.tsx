import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps {
  children: ReactNode;
  onClick?: () => void;
  kind?: 'primary' | 'secondary' | 'danger' | 'plain';
  icon?: IconName;
  /** Under way: it can not be pressed again, and says so. */
  busy?: boolean;
  disabled?: boolean;
  submit?: boolean;
}

export const Button = ({ children, onClick, kind = 'secondary', icon, busy, disabled, submit }: ButtonProps) => (
  <button
    type={submit ? 'submit' : 'button'}
    className={`button ${kind}`}
    onClick={busy ? undefined : onClick}
    disabled={disabled}
    aria-busy={busy}
  >
    {icon && <Icon name={icon} />}
    {children}
  </button>
);

/** Text to copy, with the button that does. */
export const Copyable = ({ text, label, words = 'Copy' }: { text: string; label: string; words?: string }) => {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <span className="copyable">
      <code>{text}</code>
      <button type="button" className="button plain" onClick={() => void copy()} aria-label={`${words}: ${label}`}>
        <Icon name={copied ? 'check' : 'copy'} />
        <span aria-live="polite">{copied ? 'Copied' : words}</span>
      </button>
    </span>
  );
};

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string;
  children: (attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
}

export const Field = ({ label, hint, error, children }: FieldProps) => {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described ? { 'aria-describedby': described } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {hint && (
        <small id={`${id}-hint`} className="soft">
          {hint}
        </small>
      )}
      {error && (
        <small id={`${id}-error`} className="fault">
          {error}
        </small>
      )}
    </div>
  );
};

interface DialogProps {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** False while closing would lose something, e.g. a key that is shown once. */
  closable?: boolean;
}

/** A modal dialog: the browser's own, which keeps the focus inside and gives it back. */
export const Dialog = ({ title, children, onClose, closable = true }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (closable) onClose();
      }}
      onClick={(event) => {
        if (closable && event.target === dialog.current) onClose();
      }}
      onKeyDown={() => {}}
    >
      <div className="dialog">
        <header>
          <h2 id={id}>{title}</h2>
          {closable && (
            <button type="button" className="button plain square" onClick={onClose} aria-label="Close">
              <Icon name="cross" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
};
