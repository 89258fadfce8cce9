package service

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notifier/settings"
)

// NewLogger logs to standard error. Nothing is sampled: each move of a message counts.
func NewLogger(s settings.Log) (*zap.Logger, error) {
	log, _, err := NewLoggerAt(s)
	return log, err
}

// NewLoggerAt is newLogger with its level, which may be changed.
func NewLoggerAt(s settings.Log) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zapcore.ParseLevel(s.Level)
	at := zap.NewAtomicLevelAt(level)
	if err != nil {
		return nil, at, err
	}
	c := zap.NewProductionConfig()
	c.Level, c.Sampling, c.Encoding = at, nil, s.Format
	c.DisableStacktrace, c.DisableCaller = true, true
	c.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	if s.Format == "console" {
		c.EncoderConfig.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		c.EncoderConfig.EncodeLevel = zapcore.CapitalLevelEncoder
	}
	log, err := c.Build()
	return log, at, err
}
